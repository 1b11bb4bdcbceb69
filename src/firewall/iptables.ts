import type { AddressFamily } from "./address.ts";
import { toMatches } from "./iptables-matches.ts";
import { toAction } from "./iptables-targets.ts";
import { splitWords, toOptions, type Option } from "./iptables-words.ts";
import type { IpSets } from "./ipset.ts";
import {
  TEXT_LIMIT,
  type Action,
  type Base,
  type Chain,
  type Hook,
  type Match,
  type Rule,
  type RuleSet,
  type Table,
} from "./rule-set.ts";

/** Where a text of iptables-save(8) comes from. */
export interface Saved {
  readonly family: AddressFamily;
  readonly engine: "iptables-nft" | "iptables-legacy";
  /** The command that printed it. */
  readonly from: string;
  /** The sets that rules may name; empty where none were read. */
  readonly sets: IpSets;
}

/** Every base chain of iptables is hooked in at a fixed place. */
const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: "prerouting",
  INPUT: "input",
  FORWARD: "forward",
  OUTPUT: "output",
  POSTROUTING: "postrouting",
};
const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 50 };

/**
 * Reads what iptables-save(8) or one of its kin printed. A rule with a part that is not understood stands there as
 * one that may match and may not, or whose action is not known; lines that are no rules are left out.
 */
export function parseIptablesSave(text: string, saved: Saved): RuleSet {
  const tables: OpenTable[] = [];
  let table: OpenTable | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.startsWith("*")) {
      table = { name: line.slice(1).trim(), chains: new Map(), lines: [] };
      tables.push(table);
    } else if (table !== null && line.startsWith(":")) {
      const [name = "", policy = ""] = line.slice(1).split(" ");
      openChain(table, name, policy);
    } else if (table !== null && /^(?:\[\d+:\d+\] )?-A /.test(line)) {
      table.lines.push({ text: line.replace(/^\[\d+:\d+\] /, ""), line: index + 1 });
    }
  }
  return { engine: saved.engine, tables: tables.map((each) => toTable(each, saved)) };
}

interface OpenTable {
  readonly name: string;
  readonly chains: Map<string, OpenChain>;
  readonly lines: { readonly text: string; readonly line: number }[];
}

interface OpenChain {
  readonly base: Base | null;
  readonly rules: Rule[];
}

function openChain(table: OpenTable, name: string, policy: string): OpenChain {
  const known = table.chains.get(name);
  if (known !== undefined) return known;
  const chain = { base: toBase(table.name, name, policy), rules: [] };
  table.chains.set(name, chain);
  return chain;
}

function toBase(table: string, chain: string, policy: string): Base | null {
  const hook = Object.hasOwn(HOOKS, chain) ? HOOKS[chain] : undefined;
  if (hook === undefined) return null;
  const priority = table === "nat" ? (hook === "prerouting" || hook === "output" ? -100 : 100) : PRIORITIES[table];
  if (priority === undefined) return null;
  return {
    type: table === "nat" ? "nat" : "filter",
    hook,
    priority,
    policy: policy === "ACCEPT" ? "accept" : policy === "DROP" ? "drop" : null,
    devices: [],
  };
}

function toTable(table: OpenTable, saved: Saved): Table {
  for (const { text, line } of table.lines) {
    const words = splitWords(text);
    const chain = openChain(table, words[1]?.text ?? "", "");
    const place = { from: saved.from, line, handle: null, text: text.slice(0, TEXT_LIMIT) };
    chain.rules.push({ ...toRule(toOptions(words.slice(2)), table.chains, saved), place });
  }
  const chains = [...table.chains].map(([name, { base, rules }]): Chain => ({ name, base, rules }));
  return { family: saved.family === 4 ? "ip" : "ip6", name: table.name, chains };
}

function toRule(
  options: readonly Option[],
  chains: ReadonlyMap<string, unknown>,
  saved: Saved,
): { readonly matches: readonly Match[]; readonly action: Action } {
  const target = options.findIndex((option) => option.name === "-j" || option.name === "-g");
  const before = target < 0 ? options : options.slice(0, target);
  const after = target < 0 ? [] : options.slice(target);
  return { matches: toMatches(before, saved), action: toAction(after, chains, saved.family) };
}
