import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { evaluate } from "./evaluate.ts";
import { judge, nameDecider, readListed, readSaved, toEntry } from "./judged.fixture.ts";
import type { Entry } from "./partition.ts";
import { toCidrs } from "./source-set.ts";

function readSavedText(name: string): string {
  return readFileSync(new URL(`saved/${name}`, import.meta.url), "utf8");
}

/** Chains of nftables, each `hook priority policy: rule, rule` with rules in the shorthand of `toExpression`. */
function list(...chains: readonly string[]): ReturnType<typeof readListed> {
  const objects: unknown[] = [{ table: { family: "inet", name: "t" } }];
  for (const [index, chain] of chains.entries()) {
    const [head = "", rules = ""] = chain.split(": ");
    const [hook, prio, policy] = head.split(" ");
    const type = hook === "nat" ? "nat" : "filter";
    const name = `c${index}`;
    const place = { family: "inet", table: "t", chain: name };
    objects.push({
      chain: {
        family: "inet",
        table: "t",
        name,
        type,
        hook: hook === "nat" ? "prerouting" : hook,
        prio: Number(prio),
        policy,
      },
    });
    for (const rule of rules.split(", ").filter((each) => each !== ""))
      objects.push({ rule: { ...place, handle: 1, expr: toExpression(rule) } });
  }
  return readListed(JSON.stringify({ nftables: objects }));
}

function toExpression(rule: string): unknown[] {
  const [verdict = "", value] = rule.split("=");
  switch (verdict) {
    case "mark":
      return [{ mangle: { key: { meta: { key: "mark" } }, value: Number(value) } }];
    case "if-mark":
      return [{ match: { op: "==", left: { meta: { key: "mark" } }, right: Number(value) } }, { accept: null }];
    case "if-untracked":
      return [{ match: { op: "in", left: { ct: { key: "state" } }, right: "untracked" } }, { accept: null }];
    case "dnat":
      return [{ dnat: { family: "ip", addr: value } }];
    default:
      return [{ [verdict]: null }];
  }
}

const ORDERS: readonly (readonly [what: string, chains: readonly string[], says: Readonly<Record<string, string>>])[] =
  [
    ["no chain at all", [], { admitted: "0.0.0.0/0" }],
    ["an early accept, then a drop", ["input -10 accept: accept", "input 10 accept: drop"], { stopped: "0.0.0.0/0" }],
    [
      "an early dropping policy, then an accept",
      ["input -10 drop: ", "input 10 accept: accept"],
      { stopped: "0.0.0.0/0" },
    ],
    ["a drop in another hook", ["forward 0 drop: ", "output 0 drop: "], { admitted: "0.0.0.0/0" }],
    [
      "a mark set before it is asked for",
      ["prerouting -150 accept: mark=5", "input 0 drop: if-mark=5"],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "a mark set after it is asked for",
      ["input 10 accept: mark=5", "input 0 drop: if-mark=5"],
      { stopped: "0.0.0.0/0" },
    ],
    [
      "a mark lost to a later one",
      ["prerouting -150 accept: mark=5, mark=6", "input 0 drop: if-mark=5"],
      { stopped: "0.0.0.0/0" },
    ],
    [
      "what is not tracked",
      ["prerouting -300 accept: notrack", "input 0 drop: if-untracked"],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "notrack after tracking began",
      ["prerouting -150 accept: notrack", "input 0 drop: if-untracked"],
      { stopped: "0.0.0.0/0" },
    ],
    [
      "no address translation for what is not tracked",
      ["prerouting -300 accept: notrack", "nat -100 accept: dnat=172.17.0.2", "forward 0 drop: "],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "a new destination meets forward, not input",
      ["nat -100 accept: dnat=172.17.0.2", "input 0 drop: "],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "a new destination is this host again",
      ["nat -100 accept: dnat=10.78.0.10", "forward 0 drop: "],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "only the first translation counts",
      ["nat -100 accept: dnat=172.17.0.2", "nat -99 accept: dnat=10.78.0.10", "input 0 drop: "],
      { admitted: "0.0.0.0/0" },
    ],
    [
      "translation happens at its own place, whatever the priority",
      ["nat 300 accept: dnat=172.17.0.2", "prerouting -90 drop: "],
      { stopped: "0.0.0.0/0" },
    ],
    ["a destination on loopback without route_localnet", ["nat -100 accept: dnat=127.0.0.1"], { stopped: "0.0.0.0/0" }],
  ];
for (const [what, chains, says] of ORDERS) {
  test(`${what}: ${Object.keys(says).join()}`, () => assert.deepEqual(judge([list(...chains)]), says));
}

test("route_localnet opens loopback to a rewritten destination", () => {
  const entry = toEntry(4, { routeLocalnet: true });
  assert.deepEqual(judge([list("nat -100 accept: dnat=127.0.0.1")], entry), { admitted: "0.0.0.0/0" });
});

const UNREAD: readonly (readonly [what: string, changes: Partial<Entry>, says: string])[] = [
  ["the host does not forward", { forwards: false }, "stopped"],
  ["it is not known whether the host forwards", { forwards: null }, "undecidable"],
  ["no route leads there", { routes: [] }, "stopped"],
  ["the routes were not read, and no rule asks for them", { routes: null }, "admitted"],
];
for (const [what, changes, says] of UNREAD) {
  test(`a packet for a container is ${says} where ${what}`, () => {
    const entry = toEntry(4, { destination: { address: "172.17.0.2", port: 80 }, ...changes });
    assert.deepEqual(Object.keys(judge([], entry)), [says]);
  });
}

test("a drop of iptables-legacy counts beside an nftables that knows nothing of it", () => {
  const legacy = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 11434 -j DROP\nCOMMIT\n";
  const ruleSets = [list("input 0 accept: accept"), readSaved(legacy, { engine: "iptables-legacy" })];
  assert.deepEqual(judge(ruleSets)["stopped"], "10.0.0.0/8");
});

test("rules for IPv4 do not stop IPv6", () => {
  const text = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n";
  assert.deepEqual(judge([readSaved(text)], toEntry(6)), { admitted: "::/0" });
});

/** Rule sets as the real tools made them, and what they say of Ollama's port. */
const REAL: readonly (readonly [
  what: string,
  ruleSets: () => ReturnType<typeof readSaved>[],
  entry: Entry,
  parts: readonly (readonly [kind: string, cidrs: string, by: string])[],
])[] = [
  [
    "ufw lets the LAN in; a deny after that is too late",
    () => [readSaved(readSavedText("ufw.ipv4.txt"))],
    toEntry(),
    [
      ["admitted", "10.77.0.0/24", "-A ufw-user-input -s 10.77.0.0/24 -p tcp -m tcp --dport 11434 -j ACCEPT"],
      ["stopped", "0.0.0.0/5", "policy of INPUT"],
    ],
  ],
  [
    "ufw, over IPv6",
    () => [readSaved(readSavedText("ufw.ipv6.txt"), { family: 6 })],
    toEntry(6),
    [
      ["admitted", "2001:db8:77::/64", "-A ufw6-user-input -s 2001:db8:77::/64 -p tcp -m tcp --dport 11434 -j ACCEPT"],
      ["stopped", "::/3", "policy of INPUT"],
    ],
  ],
  [
    "ufw disabled leaves chains behind that stop nobody",
    () => [readSaved(readSavedText("ufw-disabled.ipv4.txt"))],
    toEntry(),
    [["admitted", "0.0.0.0/0", "policy of INPUT"]],
  ],
  [
    "firewalld: zones by source before zones by interface, rich rules, forward ports",
    () => [readListed(readSavedText("firewalld.nft-json.txt"))],
    toEntry(),
    [
      ["admitted", "10.77.0.0/26", '[{"accept":null}]'],
      ["admitted", "198.51.100.0/24", "ip saddr"],
      ["stopped", "0.0.0.0/5", '[{"reject"'],
      ["stopped", "10.77.0.66", '[{"drop":null}]'],
      ["stopped", "203.0.113.0/24", "ip saddr"],
    ],
  ],
];
for (const [what, ruleSets, entry, parts] of REAL) {
  test(what, () => {
    const { admitted, stopped, undecidable } = evaluate(ruleSets(), entry);
    assert.deepEqual(undecidable, []);
    const told = Object.entries({ admitted, stopped }).flatMap(([kind, group]) =>
      group.map(({ sources, by }) => [kind, toCidrs(sources)[0] ?? "", nameDecider(by)] as const),
    );
    assert.deepEqual(
      told.map(([kind, first]) => [kind, first]),
      parts.map(([kind, first]) => [kind, first]),
    );
    for (const [index, [, , by]] of parts.entries()) {
      const text = told[index]?.[2] ?? "";
      // JSON says the same as the text that stands for it elsewhere.
      if (by === "ip saddr") assert.match(text, /saddr/);
      else assert.ok(text.startsWith(by), `${text} is not ${by}`);
    }
  });
}

test("firewalld in iptables and in nftables come to the same", () => {
  const nft = judge([readListed(readSavedText("firewalld.nft-json.txt"))]);
  assert.deepEqual(judge([readSaved(readSavedText("firewalld-iptables.ipv4.txt"))]), nft);
});

test("a forwarded port of firewalld arrives where it leads, past the zone's own ports", () => {
  const entry = toEntry(4, { destination: { address: "10.77.0.10", port: 8080 } });
  const { admitted } = evaluate([readListed(readSavedText("firewalld.nft-json.txt"))], entry);
  const rewritten = admitted.find(({ arrival }) => arrival.rewrittenBy !== null);
  assert.deepEqual([rewritten?.arrival.hook, rewritten?.arrival.port], ["input", 11_434]);
});

test("chains that jump into one another, or nowhere, end undecidable", () => {
  const loop = "*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n";
  assert.deepEqual(Object.keys(judge([readSaved(loop)])), ["undecidable"]);
  assert.deepEqual(Object.keys(judge([readSaved("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -g GONE\nCOMMIT\n")])), [
    "undecidable",
  ]);
});

test("more branches than are followed are undecidable, not endless", () => {
  const marks = Array.from(
    { length: 32 },
    (_, bit) =>
      `-A PREROUTING -s ${2 ** (bit % 8)}.0.0.0/255.0.0.0 -m limit --limit 1/s -j MARK --set-xmark 0x${(2 ** bit).toString(16)}/0x0`,
  );
  const text = `*mangle\n:PREROUTING ACCEPT [0:0]\n${[...marks, ...marks].join("\n")}\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -m mark --mark 0x5 -j ACCEPT\nCOMMIT\n`;
  const { undecidable } = evaluate([readSaved(text)], toEntry());
  assert.ok(undecidable.length > 0);
});

test("an entry that is none is undecidable", () => {
  const entry = toEntry(4, { destination: { address: "::1", port: 80 } });
  assert.deepEqual(judge([], entry), { undecidable: "0.0.0.0/0" });
});
