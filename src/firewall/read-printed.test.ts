import assert from "node:assert/strict";
import test from "node:test";
import type { PrintedRules } from "../facts/firewall-rules.ts";
import { judge } from "./judged.fixture.ts";
import { readPrintedRules } from "./read-printed.ts";

/** One rule of iptables-nft, as its own saver and as nft print it; beside it a table that is nftables' own. */
const SAVED = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set lan src -j DROP\nCOMMIT\n";
const LISTED = JSON.stringify({
  nftables: [
    { table: { family: "ip", name: "filter" } },
    {
      chain: { family: "ip", table: "filter", name: "INPUT", type: "filter", hook: "input", prio: 0, policy: "accept" },
    },
    {
      rule: {
        family: "ip",
        table: "filter",
        chain: "INPUT",
        handle: 5,
        expr: [{ xt: { type: "match", name: "set" } }, { drop: null }],
      },
    },
    { table: { family: "ip", name: "own" } },
    { chain: { family: "ip", table: "own", name: "in", type: "filter", hook: "input", prio: 5, policy: "accept" } },
    {
      rule: {
        family: "ip",
        table: "own",
        chain: "in",
        handle: 2,
        expr: [
          { match: { op: "==", left: { payload: { protocol: "ip", field: "saddr" } }, right: "192.0.2.1" } },
          { drop: null },
        ],
      },
    },
  ],
});
const IPSETS = "create lan hash:net family inet\nadd lan 10.0.0.0/8\n";

function print(engine: PrintedRules["engine"], dialect: PrintedRules["dialect"], value: string | null): PrintedRules {
  const family = dialect === "iptables-save" ? 4 : null;
  const from = `${engine} ${dialect}`;
  return {
    engine,
    dialect,
    family,
    text: value === null ? { ok: false, why: "denied", from } : { ok: true, value, from },
  };
}

const CASES: readonly (readonly [
  what: string,
  printed: readonly PrintedRules[],
  says: Readonly<Record<string, string>> | string,
])[] = [
  ["nothing was printed", [], { admitted: "0.0.0.0/0" }],
  [
    "a table of iptables-nft is read from its saver, once",
    [
      print("iptables-nft", "iptables-save", SAVED),
      print("nftables", "nft-json", LISTED),
      print("ipset", "ipset-save", IPSETS),
    ],
    { stopped: "10.0.0.0/8 192.0.2.1" },
  ],
  [
    "without the sets a rule that names one is in doubt",
    [
      print("iptables-nft", "iptables-save", SAVED),
      print("nftables", "nft-json", LISTED),
      print("ipset", "ipset-save", null),
    ],
    { stopped: "192.0.2.1", undecidable: "rest" },
  ],
  [
    "without the saver nft's opaque expressions are in doubt",
    [print("iptables-nft", "iptables-save", null), print("nftables", "nft-json", LISTED)],
    { stopped: "192.0.2.1", undecidable: "rest" },
  ],
  [
    "an engine that kept its rules to itself",
    [print("iptables-legacy", "iptables-save", null), print("nftables", "nft-json", LISTED)],
    "denied",
  ],
  [
    "nft that did not answer",
    [print("iptables-nft", "iptables-save", SAVED), print("nftables", "nft-json", null)],
    "denied",
  ],
  ["nft that said something else", [print("nftables", "nft-json", "{}")], "unparsed"],
];
for (const [what, printed, says] of CASES) {
  test(what, () => {
    const read = readPrintedRules(printed);
    if (typeof says === "string") {
      assert.ok(!read.ok);
      assert.equal(read.why, says);
      return;
    }
    assert.ok(read.ok);
    const told = judge(read.value);
    for (const [kind, sources] of Object.entries(says)) {
      if (sources === "rest") assert.ok(told[kind] !== undefined);
      else assert.equal(told[kind], sources);
    }
    if (says["undecidable"] === undefined) assert.equal(told["undecidable"], undefined);
  });
}
