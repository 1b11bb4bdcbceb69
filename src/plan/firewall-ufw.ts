import type { UfwRule } from "../facts/ufw.ts";
import { areSame, fromCidr, isWhole, toCidrs } from "../firewall/source-set.ts";
import type { FirewallChange as Command } from "../host/change-command.ts";
import { ANYWHERE, type Family } from "../judge/addresses.ts";
import type { ChangeSite, ClosedPort, MadeChange } from "./firewall-change.ts";
import { toSet } from "./firewall-closing.ts";
import type { RuleEdit } from "./firewall-prediction.ts";

const RULE_FILES = { 4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules" } as const;

/** One rule about a port, for one family, as ufw is told of it. */
interface PortRule {
  readonly family: Family;
  readonly action: UfwRule["action"];
  /** ufw finds a rule that it logs by this word alone. */
  readonly log: readonly [] | readonly ["log" | "log-all"];
  readonly source: string;
}

/**
 * Closes a port in ufw, by rules that stand before all others: ufw asks in order, and a refusal behind a rule that
 * lets in is never reached. ufw takes two rules that part in nothing but their action for the same one, and does not
 * move it ("Skipping inserting existing rule", exit code 0): such a rule goes first. What is said for both families
 * is said twice, for ufw numbers them apart. Taking back puts ufw's files back and loads them as ufw itself does, into
 * its own chains alone and at once; `ufw reload` would let everybody in for a moment.
 */
export function closeInUfw({ port }: ClosedPort, site: ChangeSite): MadeChange {
  const reading = site.facts.managers?.ufw;
  if (reading?.ok !== true || !reading.value.rules.ok) return { kind: "unsure", why: "ufw's rules were not read" };
  const rules = reading.value.rules.value;
  const families = reading.value.ipv6 === true ? ([4, 6] as const) : ([4] as const);
  const wanted = families.flatMap((family) => toWanted(family, site.allow));
  const replaced = findSame(rules, wanted, port);
  return {
    kind: "change",
    change: {
      edits: families.flatMap((family) => toEdits(family, wanted, port)),
      work: {
        folders: [],
        files: [],
        keeps: families.map((family) => RULE_FILES[family]),
        commands: [
          ...replaced.map((rule): Command => ["ufw", "delete", ...toWords(rule, port)]),
          // Each comes to stand before the last.
          ...wanted.toReversed().map((rule): Command => ["ufw", "prepend", ...toWords(rule, port)]),
        ],
        undo: { before: [], after: families.map(toLoading) },
      },
      remarks: [],
    },
  };
}

function toLoading(family: Family): Command {
  return [family === 4 ? "iptables-restore" : "ip6tables-restore", "-w", "-n", RULE_FILES[family]];
}

function toWanted(family: Family, allow: readonly string[]): readonly PortRule[] {
  const sources = toSet(family, allow);
  if (isWhole(sources)) return [];
  const allowed = toCidrs(sources).map((source): PortRule => {
    return { family, action: "allow", log: [], source };
  });
  return [...allowed, { family, action: "deny", log: [], source: ANYWHERE[family] }];
}

type UfwWords = readonly [
  UfwRule["action"],
  ...PortRule["log"],
  "proto",
  "tcp",
  "from",
  string,
  "to",
  "any",
  "port",
  `${number}`,
];

function toWords({ action, log, source }: PortRule, port: number): UfwWords {
  return [action, ...log, "proto", "tcp", "from", source, "to", "any", "port", `${port}`];
}

const TUPLE: RegExp =
  /^### tuple ### (?:allow|deny|reject|limit)(?:_(?<log>log|log-all))? tcp (?<port>\d+) (?:0\.0\.0\.0\/0|::\/0) any (?<source>\S+) in$/;

/** The rules that ufw takes for the same as one of those wanted. */
function findSame(rules: readonly UfwRule[], wanted: readonly PortRule[], port: number): readonly PortRule[] {
  return rules.flatMap(({ family, action, evidence }): PortRule[] => {
    const { log, source = "", port: named } = TUPLE.exec(evidence.text)?.groups ?? {};
    const isWanted = wanted.some((each) => each.family === family && isSame(each.source, source));
    const logs = log === "log" || log === "log-all" ? ([log] as const) : ([] as const);
    return Number(named) === port && isWanted ? [{ family, action, log: logs, source }] : [];
  });
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [fromCidr(one), fromCidr(other)];
  return first !== null && second !== null && areSame(first, second);
}

function toEdits(family: Family, wanted: readonly PortRule[], port: number): readonly RuleEdit[] {
  const rules = wanted
    .filter((rule) => rule.family === family)
    .map(({ action, source }) => {
      const from = source === ANYWHERE[family] ? "" : `-s ${source} `;
      return `${from}-p tcp -m tcp --dport ${port} -j ${action === "allow" ? "ACCEPT" : "DROP"}`;
    });
  const chain = family === 4 ? "ufw-user-input" : "ufw6-user-input";
  return rules.length === 0 ? [] : [{ kind: "put-first", family, chain, rules }];
}
