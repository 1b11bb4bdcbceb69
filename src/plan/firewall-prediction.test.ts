import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { aHost } from "../judge/testing/a-host.ts";
import { behind, saved } from "../judge/testing/printed-rules.ts";
import { predictFirewall, type RuleEdit } from "./firewall-prediction.ts";
import type { Facts } from "../facts/facts.ts";

const HOST = aHost().with(behind(saved(["INPUT -p tcp -j ACCEPT", "INPUT -j DROP"], ["PREROUTING -j ACCEPT"])));

/** Rules of one chain, or of all, as they would be printed. */
function rulesOf(facts: Facts | null): readonly string[] {
  const printed = facts?.firewall.ok === true ? (facts.firewall.value.printed ?? []) : [];
  return printed.flatMap(({ text }) => (text.ok ? text.value.split("\n").filter((line) => /^[-:]/.test(line)) : []));
}

const CASES: readonly (readonly [what: string, edit: RuleEdit, rules: readonly string[]])[] = [
  [
    "before the first rule of a chain, in the table filter alone",
    { kind: "put-first", family: 4, chain: "INPUT", rules: ["-j ONE", "-j TWO"] },
    [
      ":INPUT ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      "-A INPUT -j ONE",
      "-A INPUT -j TWO",
      "-A INPUT -p tcp -j ACCEPT",
      "-A INPUT -j DROP",
      ":PREROUTING ACCEPT [0:0]",
      "-A PREROUTING -j ACCEPT",
    ],
  ],
  [
    "into a chain that is empty",
    { kind: "put-first", family: 4, chain: "FORWARD", rules: ["-j ONE"] },
    [
      ":INPUT ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      "-A INPUT -p tcp -j ACCEPT",
      "-A INPUT -j DROP",
      "-A FORWARD -j ONE",
      ":PREROUTING ACCEPT [0:0]",
      "-A PREROUTING -j ACCEPT",
    ],
  ],
  [
    "a rule that stands further down already comes to stand first",
    { kind: "put-first", family: 4, chain: "INPUT", rules: ["-j DROP"] },
    [
      ":INPUT ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      "-A INPUT -j DROP",
      "-A INPUT -p tcp -j ACCEPT",
      ":PREROUTING ACCEPT [0:0]",
      "-A PREROUTING -j ACCEPT",
    ],
  ],
  [
    "a chain of one's own",
    { kind: "make-chain", family: 4, chain: "MINE", rules: ["-j DROP"] },
    [
      ":MINE - [0:0]",
      ":INPUT ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      "-A INPUT -p tcp -j ACCEPT",
      "-A INPUT -j DROP",
      "-A MINE -j DROP",
      ":PREROUTING ACCEPT [0:0]",
      "-A PREROUTING -j ACCEPT",
    ],
  ],
];

for (const [what, edit, rules] of CASES) {
  test(what, () => {
    const once = predictFirewall(HOST.facts, [edit]);
    assert.deepEqual(rulesOf(once), rules);
    assert.deepEqual(rulesOf(predictFirewall(HOST.facts, [edit, edit])), rules, "done twice");
  });
}

const NOT_THERE: readonly RuleEdit[] = [
  { kind: "put-first", family: 4, chain: "ufw-user-input", rules: ["-j DROP"] },
  { kind: "put-first", family: 6, chain: "INPUT", rules: ["-j DROP"] },
  { kind: "put-first-in-nft", table: "firewalld", chain: "filter_IN_public_pre", rules: [] },
];
for (const edit of NOT_THERE) {
  test(`nothing is foretold of a chain that is not there: ${edit.kind}`, () => {
    assert.equal(predictFirewall(HOST.facts, [edit]), null);
  });
}

test("nothing is foretold where the rules were not read", () => {
  const unread = HOST.with({ firewall: { ok: false, why: "denied", from: "nft" } });
  assert.equal(predictFirewall(unread.facts, []), null);
});

test("a table takes the place of one of the same name", () => {
  const object = (mark: string) =>
    ({ kind: "make-table", table: "mine", objects: [{ table: { family: "inet", name: "mine", mark } }] }) as const;
  const facts = predictFirewall(HOST.facts, [object("one"), object("two")]);
  const text = JSON.stringify(facts?.firewall);
  assert.ok(text.includes("two") && !text.includes("one"));
});

test("rules in any form are edited without a fault", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("nft-json", "iptables-save"), (value, dialect) => {
      const text = { ok: true, value, from: "x" } as const;
      const host = HOST.with(behind({ engine: "nftables", dialect, family: 4, text }));
      for (const [, edit] of CASES) predictFirewall(host.facts, [edit]);
      for (const edit of NOT_THERE) predictFirewall(host.facts, [edit]);
    }),
  );
});
