/**
 * Measures what the judge of firewalls claims about speed: rule sets as the savers print them, read and judged in a
 * fresh process each time, for the first call is the one a user waits for.
 *
 *   sh scripts/node.sh bench/firewall.ts           9 runs of each
 *   sh scripts/node.sh bench/firewall.ts --small   3 runs of each
 */
import { spawnSync } from "node:child_process";
import { evaluate } from "../src/firewall/evaluate.ts";
import { parseIptablesSave } from "../src/firewall/iptables.ts";
import { parseIpsetSave } from "../src/firewall/ipset.ts";
import { NO_TEXTS } from "../src/firewall/nft-texts.ts";
import { parseNftRuleset } from "../src/firewall/nftables.ts";
import type { Entry } from "../src/firewall/partition.ts";
import type { RuleSet } from "../src/firewall/rule-set.ts";

const RUNS = process.argv.includes("--small") ? 3 : 9;
type Family = 4 | 6;

/** A spread of addresses without order, the same in every run. */
function toAddress(index: number, family: Family): string {
  const bits = Math.imul(index + 1, 2_654_435_761) >>> 0;
  if (family === 4) return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join(".");
  return `2001:db8:${(bits >>> 16).toString(16)}:${(bits & 65_535).toString(16)}::1`;
}

/** A fifth of the rules stands in twenty chains of the user's own; a third of the others is about another port. */
function printRules(count: number, family: Family): string {
  const own = count / 5;
  const lines = ["*filter", ":INPUT DROP [0:0]", ...Array.from({ length: 20 }, (_, chain) => `:U${chain} - [0:0]`)];
  const every = Math.floor((count - own) / 20);
  for (let index = 0; index < count - own; index++) {
    const port = index % 3 === 0 ? 22 : 11_434;
    const verdict = index % 2 === 0 ? "ACCEPT" : "DROP";
    lines.push(
      index % every === 0
        ? `-A INPUT -p tcp -m tcp --dport 11434 -j U${index / every}`
        : `-A INPUT -s ${toAddress(index, family)} -p tcp -m tcp --dport ${port} -j ${verdict}`,
    );
  }
  for (let index = 0; index < own; index++) {
    lines.push(
      `-A U${index % 20} -s ${toAddress(count + index, family)} -j ${["ACCEPT", "DROP", "RETURN"][index % 3]}`,
    );
  }
  return `${lines.join("\n")}\nCOMMIT\n`;
}

function readRules(count: number, family: Family): () => readonly RuleSet[] {
  const text = printRules(count, family);
  return () => [parseIptablesSave(text, { family, engine: "iptables-nft", from: "iptables-save", sets: new Map() })];
}

function readIpset(count: number, family: Family): () => readonly RuleSet[] {
  const elements = Array.from({ length: count }, (_, index) => `add many ${toAddress(index, family)}`);
  const sets = `create many hash:ip family inet${family === 6 ? "6" : ""}\n${elements.join("\n")}\n`;
  const text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set many src -j DROP\nCOMMIT\n";
  return () => [
    parseIptablesSave(text, { family, engine: "iptables-nft", from: "iptables-save", sets: parseIpsetSave(sets) }),
  ];
}

function readNftSet(count: number, family: Family): () => readonly RuleSet[] {
  const elem = Array.from({ length: count }, (_, index) => toAddress(index, family));
  const place = { family: "inet", table: "t" };
  const payload = { protocol: family === 4 ? "ip" : "ip6", field: "saddr" };
  const expr = [{ match: { op: "==", left: { payload }, right: "@many" } }, { drop: null }];
  const text = JSON.stringify({
    nftables: [
      { table: { family: "inet", name: "t" } },
      { set: { ...place, name: "many", type: `ipv${family}_addr`, elem } },
      { chain: { ...place, name: "in", type: "filter", hook: "input", prio: 0, policy: "accept" } },
      { rule: { ...place, chain: "in", handle: 1, expr } },
    ],
  });
  return () => [
    parseNftRuleset(text, { from: "nft", skip: new Set(), texts: NO_TEXTS }) ?? { engine: "nftables", tables: [] },
  ];
}

interface Case {
  readonly family: Family;
  readonly read: () => readonly RuleSet[];
  /** Milliseconds that judging may take; null: shown for the growth. */
  readonly bar: number | null;
}

function toCases(): ReadonlyMap<string, () => Case> {
  return new Map<string, () => Case>([
    ["10,000 iptables rules, 2,000 in user chains", () => ({ family: 4, read: readRules(10_000, 4), bar: 100 })],
    ["10,000 rules for IPv6", () => ({ family: 6, read: readRules(10_000, 6), bar: 100 })],
    ["20,000 rules", () => ({ family: 4, read: readRules(20_000, 4), bar: null })],
    ["40,000 rules", () => ({ family: 4, read: readRules(40_000, 4), bar: null })],
    ["an ipset of 100,000 addresses", () => ({ family: 4, read: readIpset(100_000, 4), bar: 300 })],
    ["an ipset of 100,000 IPv6 addresses", () => ({ family: 6, read: readIpset(100_000, 6), bar: 300 })],
    ["an nftables set of 100,000 addresses", () => ({ family: 4, read: readNftSet(100_000, 4), bar: 300 })],
    ["an nftables set of 100,000 IPv6 addresses", () => ({ family: 6, read: readNftSet(100_000, 6), bar: 300 })],
  ]);
}

function toEntry(family: Family): Entry {
  return {
    family,
    inInterface: "eth0",
    destination: { address: family === 4 ? "10.77.0.10" : "2001:db8:77::10", port: 11_434 },
    sourcePort: null,
    localAddresses: [
      { address: "10.77.0.10", interface: "eth0" },
      { address: "2001:db8:77::10", interface: "eth0" },
    ],
    routes: [],
    forwards: true,
    routeLocalnet: false,
  };
}

/** Milliseconds of one reading and one judgement in this process. */
function measureOnce({ family, read }: Case): { readonly reading: number; readonly judging: number } {
  const begin = performance.now();
  const ruleSets = read();
  const readAt = performance.now();
  evaluate(ruleSets, toEntry(family));
  return { reading: readAt - begin, judging: performance.now() - readAt };
}

function measureFresh(name: string): { readonly reading: number; readonly judging: number } {
  const { stdout } = spawnSync(process.execPath, [import.meta.filename, "--once", name], { encoding: "utf8" });
  const { reading, judging } = Object(JSON.parse(stdout));
  return { reading, judging };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const once = process.argv.indexOf("--once");
const asked = once < 0 ? undefined : toCases().get(process.argv[once + 1] ?? "");
if (asked !== undefined) {
  console.log(JSON.stringify(measureOnce(asked())));
} else {
  for (const [name, make] of toCases()) {
    const runs = Array.from({ length: RUNS }, () => measureFresh(name));
    const judging = median(runs.map((run) => run.judging));
    const reading = median(runs.map((run) => run.reading));
    const { bar } = make();
    const held = bar === null ? "" : `, bar ${bar} ms: ${judging < bar ? "held" : "MISSED"}`;
    console.log(`${name.padEnd(44)} judged in ${judging.toFixed(0)} ms, read in ${reading.toFixed(0)} ms${held}`);
    if (bar !== null && judging >= bar) process.exitCode = 1;
  }
}
