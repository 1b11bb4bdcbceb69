import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as fc from "fast-check";
import { evaluate } from "./evaluate.ts";
import { judge, nameDecider, readListed, toEntry } from "./judged.fixture.ts";
import { parseNftTexts } from "./nft-texts.ts";
import { parseNftRuleset } from "./nftables.ts";
import type { Entry } from "./partition.ts";

/** What nftables 1.0.6 prints: tables with sets, maps and chains, and rules as text and JSON in turn. */
const TABLES = readSavedText("nft-1.0.6-tables.txt");
const PRINTED = readSavedText("nft-1.0.6-rules.txt").trimEnd().split("\n");

function readSavedText(name: string): string {
  return readFileSync(new URL(`saved/${name}`, import.meta.url), "utf8");
}

/** The tables with this rule in their input chain, whose policy drops, or in the nat chain. */
function withRule(rule: string, table = "t"): string {
  const json = PRINTED[PRINTED.indexOf(rule) + 1];
  assert.ok(PRINTED.includes(rule) && json !== undefined, `${rule} was never printed`);
  const place =
    table === "t" ? { family: "inet", table: "t", chain: "input" } : { family: "ip", table: "n", chain: "pre" };
  const document = { rule: { ...place, handle: 99, expr: JSON.parse(json) } };
  // What stands in the other chains is no matter of these tests.
  return TABLES.replace(/\]\}\s*$/, `, ${JSON.stringify(document)}]}`);
}

const EVERYBODY = "0.0.0.0/0";
const NOBODY = undefined;
const RULES: readonly (readonly [rule: string, admitted: string | undefined, port?: number])[] = [
  ['iifname "lo" accept', NOBODY],
  ["iif lo accept", NOBODY],
  ['iifname { "eth0", "docker0" } accept', EVERYBODY],
  ['iifname != "eth*" accept', NOBODY],
  ['iifname "eth*" accept', EVERYBODY],
  ["iifname @ifs accept", EVERYBODY],
  ["ct state established,related accept", NOBODY],
  ["ct state { new, untracked } accept", EVERYBODY],
  ["ct state new accept", EVERYBODY],
  ["ct state != new drop", NOBODY],
  ["ct status dnat accept", NOBODY],
  ["ct direction original accept", EVERYBODY],
  ["ct original ip daddr 10.0.0.1 accept", NOBODY],
  ["ct mark 0x5 accept", NOBODY],
  ["meta mark 0x10 accept", NOBODY],
  ["meta mark & 0xf0 == 0x10 accept", NOBODY],
  ["meta mark & 0xf0 != 0x10 accept", EVERYBODY],
  ["ip saddr @s4 accept", "10.0.0.0/8 172.16.0.0/29 172.16.0.8/31 192.0.2.1"],
  [
    "ip saddr { 10.0.0.1, 10.0.1.0/24, 10.0.2.1-10.0.2.9 } accept",
    "10.0.0.1 10.0.1.0/24 10.0.2.1 10.0.2.2/31 10.0.2.4/30 10.0.2.8/31",
  ],
  ["ip saddr 10.0.0.0/8 accept", "10.0.0.0/8"],
  ["ip6 saddr fe80::/10 accept", NOBODY],
  ["tcp dport 22 accept", EVERYBODY, 22],
  ["tcp dport 22 accept", NOBODY],
  ["tcp dport { 22, 80-90 } accept", EVERYBODY, 85],
  ["tcp dport @ports accept", EVERYBODY, 90],
  ["tcp dport != 22 accept", EVERYBODY],
  ["tcp dport > 1024 accept", NOBODY, 1024],
  ["tcp dport >= 1024 accept", EVERYBODY, 1024],
  ["tcp dport 1-1024 accept", EVERYBODY, 1024],
  ["th dport 22 accept", EVERYBODY, 22],
  ["ip saddr . tcp dport @c accept", "10.0.0.0/8", 22],
  ["ip saddr . tcp dport @c accept", "10.1.0.0/30 10.1.0.4/31", 80],
  ["ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 23 } accept", "10.0.0.2", 23],
  ["meta l4proto tcp accept", EVERYBODY],
  ["meta l4proto { tcp, udp } th dport 22 accept", NOBODY],
  ["meta nfproto ipv4 accept", EVERYBODY],
  ["meta protocol { ip, ip6 } accept", EVERYBODY],
  ["ip protocol tcp accept", EVERYBODY],
  ["ip6 nexthdr tcp accept", NOBODY],
  ["ip saddr vmap @sv", "10.9.0.0/16"],
  ["tcp dport vmap @m", EVERYBODY, 22],
  ["tcp dport vmap { 22 : accept, 23 : drop }", NOBODY, 23],
  ["tcp flags syn accept", EVERYBODY],
  ["tcp flags & (fin|syn|rst|ack) == syn accept", EVERYBODY],
  ["tcp flags syn / fin,syn,rst,ack accept", EVERYBODY],
  ["tcp flags != syn / fin,syn,rst,ack accept", NOBODY],
  ["fib daddr type local accept", EVERYBODY],
  ["fib daddr . iif type local accept", EVERYBODY],
  ["fib daddr type != { local, broadcast } accept", NOBODY],
  ["meta pkttype host accept", EVERYBODY],
  ["icmp type echo-request accept", NOBODY],
  ["udp dport 53 accept", NOBODY],
  ['counter log prefix "x" group 0 accept', EVERYBODY],
  ["reject", NOBODY],
  ["return", NOBODY],
  ["continue", NOBODY],
  ["meta mark set mark or 0x10", NOBODY],
];
for (const [rule, admitted, port = 11_434] of RULES) {
  test(`behind a dropping policy "${rule}" admits ${admitted ?? "nobody"} to port ${port}`, () => {
    const entry = toEntry(4, { destination: { address: "10.77.0.10", port } });
    const { admitted: who, undecidable } = judge([readListed(withRule(rule))], entry);
    assert.deepEqual({ who, undecidable }, { who: admitted, undecidable: undefined });
  });
}

const STOPPED: readonly (readonly [rule: string, stopped: string])[] = [
  ["ip saddr @s4t drop", "10.9.9.9"],
  ["fib saddr . iif oif missing drop", "10.77.0.10 10.78.0.0/24 127.0.0.0/8 172.17.0.0/16"],
  ["fib saddr . mark . iif oif 0 drop", "10.77.0.10 10.78.0.0/24 127.0.0.0/8 172.17.0.0/16"],
  ["fib saddr type local drop", "10.77.0.10 10.78.0.10 127.0.0.0/8 172.17.0.1"],
  ["ct state vmap { established : accept, new : jump u, invalid : drop }", "10.0.0.7"],
  ['iifname vmap { "eth0" : jump u, "eth1" : goto u }', "10.0.0.7"],
  ["goto u", "10.0.0.7"],
];
for (const [rule, stopped] of STOPPED) {
  test(`before an accepting policy "${rule}" stops ${stopped}`, () => {
    const text = withRule(rule).replace('"prio": 0, "policy": "drop"', '"prio": 0, "policy": "accept"');
    assert.equal(judge([readListed(text)])["stopped"], stopped);
  });
}

const DOUBTFUL: readonly (readonly [rule: string, why: string])[] = [
  ["limit rate 3/minute accept", "rate"],
  ["add @s4t { ip saddr limit rate 3/minute } accept", "rate"],
  ["numgen random mod 2 0 accept", "rate"],
  ["tcp sport 53 accept", "sender"],
  ["tcp flags == syn accept", "sender"],
  ["ip dscp 1 accept", "sender"],
  ["ether saddr 00:11:22:33:44:55 accept", "sender"],
  ["meta skuid 0 accept", "moment"],
  ["socket wildcard 0 accept", "moment"],
  ["synproxy mss 1460", "moment"],
  ["meta iifgroup 0 accept", "not-read"],
];
for (const [rule, why] of DOUBTFUL) {
  test(`behind a dropping policy "${rule}" is undecidable`, () => {
    const { undecidable } = evaluate([readListed(withRule(rule))], toEntry());
    assert.deepEqual(
      undecidable.map(({ doubt }) => doubt.why),
      [why],
    );
  });
}

const REWRITTEN: readonly (readonly [rule: string, port: number, arrival: string])[] = [
  ["tcp dport 80 dnat to 10.0.0.1:8080", 80, "forward 10.0.0.1 8080"],
  ["tcp dport 81 dnat to 10.0.0.1", 81, "forward 10.0.0.1 81"],
  ["tcp dport 82 dnat to :82", 82, "input 10.77.0.10 82"],
  ["tcp dport 83 redirect to :84", 83, "input 10.77.0.10 84"],
  ["tcp dport 83 redirect to :84-90", 83, "input 10.77.0.10 null"],
  ["tcp dport 83 redirect to tcp dport map { 83 : 99 }", 83, "input 10.77.0.10 99"],
  ["dnat to tcp dport map { 80 : 10.0.0.1, 90 : 10.0.0.2 }", 90, "forward 10.0.0.2 90"],
  ["dnat to tcp dport map { 80 : 10.0.0.1, 90 : 10.0.0.2 }", 91, "input 10.77.0.10 91"],
];
for (const [rule, port, arrival] of REWRITTEN) {
  test(`"${rule}" sends a packet for port ${port} to ${arrival}`, () => {
    const open = withRule(rule, "n").replaceAll('"policy": "drop"', '"policy": "accept"');
    const entry: Entry = toEntry(4, { destination: { address: "10.77.0.10", port } });
    const [part, ...others] = evaluate([readListed(open)], entry).admitted;
    assert.ok(part !== undefined && others.length === 0);
    assert.equal(`${part.arrival.hook} ${part.arrival.address} ${part.arrival.port}`, arrival);
  });
}

test("rules bear the words an administrator knows them by", () => {
  const ruleSet = parseNftRuleset(readSavedText("firewalld.nft-json.txt"), {
    from: "nft -j list ruleset",
    skip: new Set(),
    texts: parseNftTexts(readSavedText("firewalld.nft.txt")),
  });
  assert.ok(ruleSet !== null);
  assert.deepEqual(
    evaluate([ruleSet], toEntry()).admitted.map(({ by }) => nameDecider(by)),
    ["accept", "ip saddr 198.51.100.0/24 tcp dport 11434 accept"],
  );
});

test("tables that iptables-nft owns are not counted twice", () => {
  const options = { from: "nft", skip: new Set(["inet t"]), texts: { rules: new Map(), devices: new Map() } };
  assert.deepEqual(
    parseNftRuleset(TABLES, options)?.tables.map(({ name }) => name),
    ["n"],
  );
});

for (const text of ["", "{}", "[]", '{"nftables": 3}', "null"]) {
  test(`'${text}' is not what nft prints`, () => {
    assert.equal(
      parseNftRuleset(text, { from: "", skip: new Set(), texts: { rules: new Map(), devices: new Map() } }),
      null,
    );
  });
}

test("random and damaged documents never throw", () => {
  const options = { from: "", skip: new Set<string>(), texts: { rules: new Map(), devices: new Map() } };
  const whole = withRule("tcp dport vmap @m");
  const place = { family: "inet", table: "t", chain: "input" };
  fc.assert(
    fc.property(fc.json(), fc.jsonValue(), fc.nat({ max: whole.length }), fc.string(), (json, value, at, text) => {
      parseNftRuleset(json, options);
      parseNftRuleset(whole.slice(0, at) + text + whole.slice(at), options);
      parseNftTexts(text);
      for (const shape of [
        value,
        { match: { op: "==", left: value, right: value } },
        { vmap: { key: value, data: { set: [[value, value]] } } },
      ]) {
        const rule = { rule: { ...place, expr: [shape, { accept: null }] } };
        const ruleSet = parseNftRuleset(TABLES.replace(/\]\}\s*$/, `, ${JSON.stringify(rule)}]}`), options);
        if (ruleSet !== null) evaluate([ruleSet], toEntry());
      }
    }),
  );
});
