import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { evaluate } from "./evaluate.ts";
import { nameDecider, readListed, readSaved, toEntry } from "./judged.fixture.ts";
import type { RuleSet } from "./rule-set.ts";
import { areSame, toEmptySet, uniteSets, type SourceSet } from "./source-set.ts";
import { findUnreached } from "./unreached.ts";

function filter(...lines: readonly string[]): RuleSet {
  return readSaved(["*filter", ":INPUT ACCEPT [0:0]", ...lines, "COMMIT", ""].join("\n"));
}

function toText(ruleSets: readonly RuleSet[], entries = [toEntry()]): readonly string[] {
  return findUnreached(ruleSets, entries, ({ place }) => /dport/.test(place.text)).map(
    ({ rule, behind, stops }) => `${nameDecider(rule)} ${stops ? "stops" : "admits"} | ${nameDecider(behind)}`,
  );
}

const PORT = "-p tcp -m tcp --dport 11434";
const ACCEPT = `-A INPUT ${PORT} -j ACCEPT`;
const DROP = `-A INPUT ${PORT} -j DROP`;
const FROM = `-A INPUT -s 10.0.0.7/32 ${PORT} -j DROP`;

const CASES: readonly (readonly [what: string, ruleSets: readonly RuleSet[], expected: readonly string[]])[] = [
  ["a drop behind an accept", [filter(ACCEPT, DROP)], [`${DROP} stops | ${ACCEPT}`]],
  ["a drop for one behind an accept for all", [filter(ACCEPT, FROM)], [`${FROM} stops | ${ACCEPT}`]],
  ["an accept behind a drop", [filter(DROP, ACCEPT)], [`${ACCEPT} admits | ${DROP}`]],
  ["an accept for all behind a drop for one lets in the others", [filter(FROM, ACCEPT)], []],
  ["twice the same", [filter(DROP, DROP)], []],
  ["a drop of another protocol", [filter(ACCEPT, DROP.replaceAll("tcp", "udp"))], []],
  ["a drop of what another interface brings", [filter(ACCEPT, DROP.replace("INPUT", "INPUT -i eth1"))], []],
  [
    "two halves take all",
    [filter(`-A INPUT -s 0.0.0.0/1 ${PORT} -j ACCEPT`, `-A INPUT -s 128.0.0.0/1 ${PORT} -j ACCEPT`, DROP)],
    [`${DROP} stops | -A INPUT -s 128.0.0.0/1 ${PORT} -j ACCEPT`],
  ],
  ["one half leaves the other", [filter(`-A INPUT -s 0.0.0.0/1 ${PORT} -j ACCEPT`, DROP)], []],
  [
    "a return at the end of a chain takes what is appended to it",
    [filter(":OWN - [0:0]", "-A INPUT -j OWN", "-A OWN -j RETURN", DROP.replace("INPUT", "OWN"))],
    [`${DROP.replace("INPUT", "OWN")} stops | -A OWN -j RETURN`],
  ],
  [
    "a chain that is gone to first lets them in",
    [filter(":OWN - [0:0]", "-A INPUT -j OWN", ACCEPT.replace("INPUT", "OWN"), DROP)],
    [`${DROP} stops | ${ACCEPT.replace("INPUT", "OWN")}`],
  ],
  [
    "nobody goes to the chain",
    [filter(":OWN - [0:0]", ACCEPT.replace("INPUT", "OWN"), DROP.replace("INPUT", "OWN"))],
    [],
  ],
  [
    "what limits a rate may let the rest come to the drop",
    [filter(`-A INPUT ${PORT} -m limit --limit 1/sec -j ACCEPT`, DROP)],
    [],
  ],
  ["an accept does not keep another table's drop from deciding", [filter(ACCEPT), filter(DROP)], []],
];

for (const [what, ruleSets, expected] of CASES) {
  test(what, () => assert.deepEqual(toText(ruleSets), expected));
}

test("met at one of two doors is met", () => {
  const ruleSets = [filter(ACCEPT.replace("INPUT", "INPUT -i eth0"), DROP)];
  assert.deepEqual(toText(ruleSets, [toEntry(), toEntry(4, { inInterface: "eth1" })]), []);
});

test("nftables: the drop of a set's elements behind an accept of the port", () => {
  const place = { family: "inet", table: "t", chain: "in" };
  const dport = { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 11_434 } };
  const listed = {
    nftables: [
      { table: { family: "inet", name: "t" } },
      { chain: { family: "inet", table: "t", name: "in", type: "filter", hook: "input", prio: 0, policy: "accept" } },
      { rule: { ...place, handle: 4, expr: [dport, { accept: null }] } },
      { rule: { ...place, handle: 5, expr: [dport, { drop: null }] } },
    ],
  };
  const found = findUnreached([readListed(JSON.stringify(listed))], [toEntry(), toEntry(6)], () => true);
  const handles = found.map(({ rule, behind, entries }) => {
    return [rule.rule.place.handle, behind.kind === "rule" ? behind.rule.place.handle : null, entries.length];
  });
  assert.deepEqual(handles, [[5, 4, 2]]);
});

const BLOCKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/1", "0.0.0.0/0"];
const anyLine = fc
  .tuple(
    fc.constantFrom("INPUT", "OWN"),
    fc.constantFrom(...BLOCKS),
    fc.constantFrom("", ` ${PORT}`, " -p tcp -m tcp --dport 22", " -m limit --limit 1/sec"),
    fc.constantFrom("ACCEPT", "DROP", "RETURN"),
  )
  .map(([chain, source, match, target]) => `-A ${chain} -s ${source}${match} -j ${target}`);

function admittedBy(ruleSets: readonly RuleSet[]): SourceSet {
  return evaluate(ruleSets, toEntry()).admitted.reduce((sum, { sources }) => uniteSets(sum, sources), toEmptySet(4));
}

test("who gets in is the same without a rule that is never reached", () => {
  let count = 0;
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 12 }), (lines) => {
      const all = [":OWN - [0:0]", ...lines.slice(0, 4), "-A INPUT -j OWN", ...lines.slice(4)];
      const distinct = [...new Set(all)];
      const ruleSets = [filter(...distinct)];
      for (const { rule } of findUnreached(ruleSets, [toEntry()], () => true)) {
        const without = [filter(...distinct.filter((line) => line !== rule.rule.place.text))];
        assert.ok(areSame(admittedBy(ruleSets), admittedBy(without)));
        count += 1;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(count > 0);
});

test("a rule set of thousands of suspects is searched in part, and comes to an end", () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => {
    return `-A INPUT -s 10.${index >> 8}.${index & 255}.1/32 ${PORT} -j DROP`;
  });
  const found = findUnreached([filter(ACCEPT, ...lines)], [toEntry()], () => true);
  assert.ok(found.length > 0 && found.length < lines.length);
});
