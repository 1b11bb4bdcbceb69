import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { evaluate } from "./evaluate.ts";
import { judge, nameDecider, readSaved, toEntry } from "./judged.fixture.ts";

/** Rules as iptables-save 1.8.9 prints them, and whom they admit where nobody else is. */
const EVERYBODY = "0.0.0.0/0";
const NOBODY = undefined;
const RULES: readonly (readonly [rule: string, admitted: string | undefined])[] = [
  ["-s 10.0.0.0/8 -j ACCEPT", "10.0.0.0/8"],
  ["! -s 128.0.0.0/1 -j ACCEPT", "0.0.0.0/1"],
  ["-s 10.0.3.0/255.255.254.0 -j ACCEPT", "10.0.2.0/23"],
  [
    "-s 10.0.3.1/255.255.0.255 -d 10.77.0.10/32 -j ACCEPT",
    Array.from({ length: 256 }, (_, octet) => `10.0.${octet}.1`).join(" "),
  ],
  ["-d 10.77.0.10/32 -j ACCEPT", EVERYBODY],
  ["-d 10.78.0.10/32 -j ACCEPT", NOBODY],
  ["! -d 10.78.0.10/32 -j ACCEPT", EVERYBODY],
  ["-i eth0 -j ACCEPT", EVERYBODY],
  ["-i eth1 -j ACCEPT", NOBODY],
  ["! -i eth1 -j ACCEPT", EVERYBODY],
  ["-i eth+ -j ACCEPT", EVERYBODY],
  ["! -i eth+ -j ACCEPT", NOBODY],
  ["-p tcp -j ACCEPT", EVERYBODY],
  ["! -p tcp -j ACCEPT", NOBODY],
  ["-p udp -m udp --dport 11434 -j ACCEPT", NOBODY],
  ["-p icmp -m icmp --icmp-type 8 -j ACCEPT", NOBODY],
  ["-f -j ACCEPT", NOBODY],
  ["! -f -j ACCEPT", EVERYBODY],
  ["-p tcp -m tcp --dport 11434 -j ACCEPT", EVERYBODY],
  ["-p tcp -m tcp ! --dport 11434 -j ACCEPT", NOBODY],
  ["-p tcp -m tcp --dport 11000: -j ACCEPT", EVERYBODY],
  ["-p tcp -m tcp --dport :11433 -j ACCEPT", NOBODY],
  ["-p tcp -m multiport --dports 80,11000:12000 -j ACCEPT", EVERYBODY],
  ["-p tcp -m multiport ! --dports 80,443 -j ACCEPT", EVERYBODY],
  ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", EVERYBODY],
  ["-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", NOBODY],
  ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j ACCEPT", NOBODY],
  ["-m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT", EVERYBODY],
  ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", NOBODY],
  ["-m conntrack ! --ctstate INVALID -j ACCEPT", EVERYBODY],
  ["-m conntrack --ctstate DNAT -j ACCEPT", NOBODY],
  ["-m conntrack --ctstate NEW,DNAT -j ACCEPT", EVERYBODY],
  ["-p tcp -m conntrack --ctorigdst 10.77.0.10/32 --ctorigdstport 11434 --ctdir ORIGINAL -j ACCEPT", EVERYBODY],
  ["-m state --state NEW -j ACCEPT", EVERYBODY],
  ["-m addrtype --dst-type LOCAL -j ACCEPT", EVERYBODY],
  ["-m addrtype ! --dst-type LOCAL -j ACCEPT", NOBODY],
  ["-m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT", EVERYBODY],
  ["-m addrtype --src-type LOCAL -j ACCEPT", "10.77.0.10 10.78.0.10 127.0.0.0/8 172.17.0.1"],
  ["-m iprange --src-range 10.0.0.1-10.0.0.6 -j ACCEPT", "10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6"],
  ["-m mark --mark 0x0 -j ACCEPT", EVERYBODY],
  ["-m mark --mark 0x1/0x3 -j ACCEPT", NOBODY],
  ["-m pkttype --pkt-type unicast -j ACCEPT", EVERYBODY],
  ["-m pkttype --pkt-type multicast -j ACCEPT", NOBODY],
  ['-m comment --comment "a \\"quoted\\" -j DROP" -j ACCEPT', EVERYBODY],
  ["-m comment --comment -j -j ACCEPT", EVERYBODY],
  ["-m set --match-set lan src -j ACCEPT", "10.0.0.0/24 10.0.1.7"],
  [
    "-m set ! --match-set lan src -s 10.0.0.0/23 -j ACCEPT",
    "10.0.1.0/30 10.0.1.4/31 10.0.1.6 10.0.1.8/29 10.0.1.16/28 10.0.1.32/27 10.0.1.64/26 10.0.1.128/25",
  ],
  ["-m set --match-set lan dst -j ACCEPT", NOBODY],
  ["-m set --match-set except src -j ACCEPT", "10.2.0.0/24 10.2.1.5"],
  ["-m set --match-set pairs src,dst -j ACCEPT", "10.3.0.0/16"],
  ["-m set --match-set both src -j ACCEPT", "10.0.0.0/24 10.0.1.7 10.2.0.0/24 10.2.1.5"],
  ["-m set --match-set doors src,src -j ACCEPT", "10.5.0.0/16"],
  ["-m recent --set --name q --mask 255.255.255.255 --rsource -j ACCEPT", EVERYBODY],
  ["-m rpfilter --validmark --invert -j ACCEPT", "10.77.0.10 10.78.0.0/24 127.0.0.0/8 172.17.0.0/16"],
  ["-j ACCEPT", EVERYBODY],
  ["-j REJECT --reject-with icmp-port-unreachable", NOBODY],
  ["-j RETURN", NOBODY],
  ["-j LOG --log-prefix -j", NOBODY],
  ["", NOBODY],
];
const IPSETS = `create lan hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1
add lan 10.0.0.0/24
add lan 10.0.1.7 timeout 40 comment "a b"
create except hash:net family inet hashsize 1024 maxelem 65536
add except 10.2.0.0/23
add except 10.2.1.0/24 nomatch
add except 10.2.1.5
create pairs hash:net,port family inet hashsize 1024 maxelem 65536
add pairs 10.3.0.0/16,tcp:11434
add pairs 10.4.0.0/16,udp:11434
create both list:set size 8
add both lan
add both except
create doors hash:net,iface family inet hashsize 1024
add doors 10.5.0.0/16,eth0
add doors 10.6.0.0/16,eth1
`;

for (const [rule, admitted] of RULES) {
  test(`behind a dropping policy "${rule}" admits ${admitted?.slice(0, 60) ?? "nobody"}`, () => {
    const text = `*filter\n:INPUT DROP [0:0]\n[3:180] -A INPUT ${rule}\nCOMMIT\n`;
    assert.equal(judge([readSaved(text, { ipsets: IPSETS })])["admitted"], admitted);
    assert.equal(judge([readSaved(text, { ipsets: IPSETS })])["undecidable"], undefined);
  });
}

const DOUBTFUL: readonly (readonly [rule: string, why: string])[] = [
  ["-m limit --limit 3/min -j ACCEPT", "rate"],
  ["-p tcp -m hashlimit --hashlimit-above 5/sec --hashlimit-burst 5 --hashlimit-name x -j ACCEPT", "rate"],
  ["-m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ACCEPT", "rate"],
  ["-m recent --rcheck --name KNOCK --mask 255.255.255.255 --rsource -j ACCEPT", "moment"],
  ["-m mac --mac-source 00:11:22:33:44:55 -j ACCEPT", "sender"],
  ["-p tcp -m tcp --sport 53 -j ACCEPT", "sender"],
  ["-m time --timestart 10:00:00 --timestop 23:59:59 --datestop 2038-01-19T03:14:07 -j ACCEPT", "moment"],
  ["-m set --match-set gone src -j ACCEPT", "not-read"],
  ["-m u32 --u32 0x0=0x0 -j ACCEPT", "not-understood"],
  ["-p tcp -m tcp --dport 80:70 -j ACCEPT", "not-understood"],
  ["-s 10.0.0.0/33 -j ACCEPT", "not-understood"],
  ["-j NFQUEUE --queue-num 0", "moment"],
  ["-j NOWHERE", "not-understood"],
];
for (const [rule, why] of DOUBTFUL) {
  test(`behind a dropping policy "${rule}" is undecidable, and says so by its text`, () => {
    const { undecidable, admitted } = evaluate(
      [readSaved(`*filter\n:INPUT DROP [0:0]\n-A INPUT ${rule}\nCOMMIT\n`)],
      toEntry(),
    );
    assert.deepEqual(
      undecidable.map(({ by, doubt }) => [nameDecider(by), doubt.why]),
      [[`-A INPUT ${rule}`, why]],
    );
    assert.deepEqual(admitted, []);
  });
}

test("a rule in doubt changes nothing where a later one says the same", () => {
  const text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m limit --limit 3/min -j ACCEPT\n-A INPUT -j ACCEPT\nCOMMIT\n";
  const { admitted } = evaluate([readSaved(text)], toEntry());
  assert.deepEqual(
    admitted.map(({ by }) => nameDecider(by)),
    ["-A INPUT -j ACCEPT"],
  );
});

test("nobody is stopped by a rule on what a sender may leave out", () => {
  const text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m rt --rt-type 0 -j DROP\nCOMMIT\n";
  assert.deepEqual(judge([readSaved(text, { family: 6 })], toEntry(6)), { admitted: "::/0" });
});

test("random and damaged text never throws", () => {
  const real = readFileSync(new URL("saved/ufw.ipv4.txt", import.meta.url), "utf8");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat({ max: real.length }), fc.nat({ max: 40 }), (text, at, cut) => {
      evaluate([readSaved(real.slice(0, at) + text + real.slice(at + cut), { ipsets: text })], toEntry());
      evaluate([readSaved(`*filter\n:INPUT DROP [0:0]\n-A INPUT ${text} -j ACCEPT\n-A INPUT -m ${text}`)], toEntry());
    }),
  );
});

test("random entries of a set never throw", () => {
  const kinds = fc.constantFrom("hash:ip", "hash:net", "hash:net,port,net", "bitmap:ip", "bitmap:port", "list:set");
  const rule = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m set --match-set s src,dst,src -j ACCEPT\nCOMMIT\n";
  const damaged = fc
    .tuple(fc.constantFrom("10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.0/8,tcp:80,10.1.0.0/16", "s"), fc.nat(30))
    .chain(([text, at]) => fc.string({ maxLength: 6 }).map((junk) => text.slice(0, at) + junk + text.slice(at)));
  fc.assert(
    fc.property(kinds, fc.oneof(damaged, fc.string({ unit: "binary" })), (kind, entry) => {
      const ipsets = `create s ${kind} family inet\nadd s ${entry}\nadd s 10.0.0.7\n`;
      evaluate([readSaved(rule, { ipsets })], toEntry());
    }),
  );
});
