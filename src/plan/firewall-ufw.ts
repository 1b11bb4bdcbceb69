import type { UfwRule } from "../facts/ufw.ts";
import { areSame, fromCidr, isWhole, toCidrs } from "../firewall/source-set.ts";
import type { FirewallChange as Command } from "../host/change-command.ts";
import { ANYWHERE, type Family } from "../judge/addresses.ts";
import { toUnread, type ChangeSite, type ClosedPort, type MadeChange } from "./firewall-change.ts";
import { toSet } from "./firewall-closing.ts";
import type { RuleEdit } from "./firewall-prediction.ts";

const RULE_FILES: Readonly<Record<Family, string>> = { 4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules" };
const FILES = [RULE_FILES[4], RULE_FILES[6]];

/** One rule about a port, for one family, as ufw is told of it. */
interface PortRule {
  readonly family: Family;
  readonly action: UfwRule["action"];
  readonly log: readonly [] | readonly ["log" | "log-all"];
  readonly source: string;
}

/** A rule that is there already, with its place among those of its family, counted from 1. */
interface StandingRule extends PortRule {
  readonly place: number;
}

/**
 * Closes a port in ufw, by rules that stand before all others: ufw asks in order, and a refusal behind a rule that
 * lets in is never reached. ufw takes two rules that part in nothing but their action for the same one, and does not
 * move it ("Skipping inserting existing rule", exit code 0): such a rule goes first, and comes back to its place when
 * the change is taken back. What is said for both families is said twice, for ufw numbers them apart.
 */
export function closeInUfw({ port }: ClosedPort, site: ChangeSite): MadeChange {
  const reading = site.facts.managers?.ufw;
  if (reading?.ok !== true || !reading.value.rules.ok) return { kind: "unsure", why: "ufw's rules were not read" };
  const rules = reading.value.rules.value;
  const families = reading.value.ipv6 === true ? ([4, 6] as const) : ([4] as const);
  const wanted = families.flatMap((family) => toWanted(family, site.allow));
  const replaced = findSame(rules, wanted, port);
  const unread = toUnread(FILES, site.texts);
  if (replaced.length > 0 && unread.length > 0) return { kind: "needs-files", paths: unread };
  if (replaced.length > 0 && !isComplete(rules, site.texts)) {
    return { kind: "unsure", why: "ufw's rules are not all understood" };
  }
  return {
    kind: "change",
    change: {
      edits: families.flatMap((family) => toEdits(family, wanted, port)),
      work: {
        folders: [],
        files: [],
        keeps: FILES,
        commands: [
          ...replaced.map((rule): Command => ["ufw", "delete", ...toWords(rule, port)]),
          // Each comes to stand before the last.
          ...wanted.toReversed().map((rule): Command => ["ufw", "prepend", ...toWords(rule, port)]),
        ],
        undo: {
          before: [
            ...wanted.map((rule): Command => ["ufw", "delete", ...toWords(rule, port)]),
            ...toReturn(replaced, rules, port),
          ],
          after: [],
        },
      },
      remarks: [],
    },
  };
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
  /^### tuple ### (?<action>allow|deny|reject|limit)(?:_(?<log>log|log-all))? tcp (?<port>\d+) (?:0\.0\.0\.0\/0|::\/0) any (?<source>\S+) in$/;

/** The rules that ufw takes for the same as one of those wanted. */
function findSame(rules: readonly UfwRule[], wanted: readonly PortRule[], port: number): readonly StandingRule[] {
  return ([4, 6] as const).flatMap((family) =>
    rules
      .filter((rule) => rule.family === family)
      .flatMap(({ action, evidence }, index): StandingRule[] => {
        const { log, source = "", port: named } = TUPLE.exec(evidence.text)?.groups ?? {};
        if (Number(named) !== port || !wanted.some((each) => each.family === family && isSame(each.source, source))) {
          return [];
        }
        const logs = log === "log" || log === "log-all" ? ([log] as const) : ([] as const);
        return [{ family, action, log: logs, source, place: index + 1 }];
      }),
  );
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [fromCidr(one), fromCidr(other)];
  return first !== null && second !== null && areSame(first, second);
}

/** Whether places can be counted: every rule of ufw's files is among those that were read. */
function isComplete(rules: readonly UfwRule[], texts: ChangeSite["texts"]): boolean {
  return ([4, 6] as const).every((family) => {
    const text = texts.get(RULE_FILES[family]) ?? "";
    const written = text.match(/^### tuple ### /gm)?.length ?? 0;
    return written === rules.filter((rule) => rule.family === family).length;
  });
}

/** Each to the place it had: ufw counts the rules of IPv6 behind those of IPv4, and takes what is last without a place. */
function toReturn(replaced: readonly StandingRule[], rules: readonly UfwRule[], port: number): readonly Command[] {
  const count = (family: Family): number => rules.filter((rule) => rule.family === family).length;
  return ([4, 6] as const).flatMap((family) => {
    const own = replaced.filter((rule) => rule.family === family);
    return own.map((rule, index): Command => {
      const standing = count(family) - own.length + index;
      const words = toWords(rule, port);
      if (rule.place > standing) return ["ufw", ...words];
      return ["ufw", "insert", `${rule.place + (family === 6 ? count(4) : 0)}`, ...words];
    });
  });
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
