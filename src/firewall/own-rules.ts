import { parseIptablesSave } from "./iptables.ts";
import type { Json } from "./json.ts";
import { toRules } from "./nft-rules.ts";
import type { Place, Rule, RuleSet } from "./rule-set.ts";

/** One rule as it stands in a file of Portlock's own. */
interface WrittenRule {
  readonly table: string;
  readonly chain: string;
  readonly text: string;
}

/** Chains that are Portlock's own from the first rule to the last: others' rules stand beside its jump in DOCKER-USER. */
const OWN_CHAIN: RegExp = /^(?:PORTLOCK-\d+|input|forward)$/;

/**
 * Whether chains of Portlock's own hold exactly the rules that its files say, in their order. False also where a rule
 * is not one of those that Portlock writes.
 */
export function areInEffect(written: readonly WrittenRule[], ruleSets: readonly RuleSet[]): boolean {
  const own = written.filter(({ chain }) => OWN_CHAIN.test(chain));
  const chains = Map.groupBy(own, ({ table, chain }) => `${table} ${chain}`);
  const tables = ruleSets.flatMap((ruleSet) => ruleSet.tables);
  const isEach = [...chains.values()].every((rules) => {
    const [first] = rules;
    const found = tables
      .filter(({ family, name }) => `${family} ${name}` === first?.table)
      .flatMap((table) => table.chains)
      .find(({ name }) => name === first?.chain);
    const declared = rules.map(toRule);
    return found !== undefined && !declared.includes(null) && toComparable(declared) === toComparable(found.rules);
  });
  return isEach && chains.size > 0;
}

function toComparable(rules: readonly (Rule | null)[]): string {
  const parts = rules.map((rule) => [rule?.matches, rule?.action]);
  return JSON.stringify(parts, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

const NOWHERE: Place = { from: "portlock", line: null, handle: null, text: "" };

function toRule({ table, chain, text }: WrittenRule): Rule | null {
  return table.startsWith("inet ") ? toNftRule(text) : toIptablesRule(table.startsWith("ip6 ") ? 6 : 4, chain, text);
}

function toIptablesRule(family: 4 | 6, chain: string, text: string): Rule | null {
  const saved = `*filter\n:${chain} - [0:0]\n-A ${chain} ${text}\nCOMMIT\n`;
  const printed = { family, engine: "iptables-nft", from: "portlock", sets: new Map() } as const;
  return parseIptablesSave(saved, printed).tables[0]?.chains[0]?.rules[0] ?? null;
}

function toNftRule(text: string): Rule | null {
  const terms: Json[] = [];
  for (let rest = text; rest !== "";) {
    const term = TERMS.find(({ form }) => form.test(rest));
    const [whole, value = ""] = term?.form.exec(rest) ?? [];
    if (term === undefined || whole === undefined) return null;
    terms.push(term.toJson(value));
    rest = rest.slice(whole.length);
  }
  const [rule, ...others] = toRules(terms, new Map(), NOWHERE);
  return others.length === 0 ? (rule ?? null) : null;
}

interface Term {
  readonly form: RegExp;
  toJson(value: string): Json;
}

/** The conditions and verdicts that Portlock writes (`plan/firewall-nftables.ts`), as nft(8) prints them in JSON. */
const TERMS: readonly Term[] = [
  { form: /^iifname "(lo)"(?: |$)/, toJson: (name) => toMatch({ meta: { key: "iifname" } }, name) },
  {
    form: /^ct state ([a-z,]+)(?: |$)/,
    toJson: (states) => ({ match: { op: "in", left: { ct: { key: "state" } }, right: states.split(",") } }),
  },
  { form: /^tcp dport (\d+)(?: |$)/, toJson: (port) => toMatch(toPayload("tcp", "dport"), Number(port)) },
  { form: /^meta l4proto (tcp)(?: |$)/, toJson: (name) => toMatch({ meta: { key: "l4proto" } }, name) },
  {
    form: /^ct original proto-dst (\d+)(?: |$)/,
    toJson: (port) => toMatch({ ct: { key: "proto-dst", dir: "original" } }, Number(port)),
  },
  { form: /^ip saddr \{ ([0-9./, ]+) \}(?: |$)/, toJson: (list) => toMatch(toPayload("ip", "saddr"), toSet(list)) },
  {
    form: /^ip6 saddr \{ ([0-9a-f:./, ]+) \}(?: |$)/,
    toJson: (list) => toMatch(toPayload("ip6", "saddr"), toSet(list)),
  },
  { form: /^accept$/, toJson: () => ({ accept: null }) },
  { form: /^drop$/, toJson: () => ({ drop: null }) },
];

function toMatch(left: Json, right: Json): Json {
  return { match: { op: "==", left, right } };
}

function toPayload(protocol: string, field: string): Json {
  return { payload: { protocol, field } };
}

function toSet(list: string): Json {
  const set = list.split(", ").map((cidr) => {
    const [addr, length] = cidr.split("/");
    return length === undefined ? addr : { prefix: { addr, len: Number(length) } };
  });
  return { set };
}
