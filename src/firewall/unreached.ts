import { evaluate } from "./evaluate.ts";
import type { ChainDecider, Decider, Entry, Part, Partition } from "./partition.ts";
import type { Chain, Rule, RuleSet } from "./rule-set.ts";
import { intersectSets, isEmpty, toEmptySet, uniteSets, type SourceSet } from "./source-set.ts";

/** A rule that no new connection meets, although it would decide on some of them were it the first of its chain. */
export interface Unreached {
  readonly rule: RuleDecider;
  /** Who decides on them instead: an earlier rule of the chain, or one of a chain that an earlier rule goes to. */
  readonly behind: ChainDecider;
  /** Whether it would stop them; otherwise it would let them in. */
  readonly stops: boolean;
  /** The entries at which somebody gets in, or is stopped, for that. */
  readonly entries: readonly Entry[];
}

type RuleDecider = Extract<ChainDecider, { readonly kind: "rule" }>;

/**
 * Rules looked at in one search, each time anew, and what beginning anew costs in the same measure: a host with
 * thousands of rules about one port is searched in part only.
 */
const WORK_LIMIT = 60_000;
const BEGINNING = 50;
/** Nobody reads more of them. */
const MOST_FOUND = 8;

/**
 * The rules among those `isAsked` names that decide on nobody at any of the entries, because of others before them,
 * where that changes who gets in. What is certain only: where something is in doubt for the sources of a rule, it may
 * be met.
 */
export function findUnreached(
  ruleSets: readonly RuleSet[],
  entries: readonly Entry[],
  isAsked: (rule: Rule) => boolean,
): readonly Unreached[] {
  const spots = ruleSets.flatMap(({ tables }) =>
    tables.flatMap(({ chains }) =>
      chains.flatMap((chain) =>
        chain.rules.flatMap((rule, index) => (isVerdict(rule) && isAsked(rule) ? [{ chain, rule, index }] : [])),
      ),
    ),
  );
  if (spots.length === 0) return [];
  const search: Search = {
    ruleSets,
    doors: entries.map((entry) => ({ entry, now: evaluate(ruleSets, entry) })),
    size: countRules(ruleSets),
    left: WORK_LIMIT,
  };
  const deciding = new Set(
    search.doors.flatMap(({ now }) =>
      [...now.admitted, ...now.stopped, ...now.undecidable].map(({ by }) => (by.kind === "rule" ? by.rule : null)),
    ),
  );
  const found: Unreached[] = [];
  for (const spot of spots) {
    if (search.left < 0 || found.length >= MOST_FOUND) break;
    const unreached = deciding.has(spot.rule) ? null : lookAt(search, spot);
    if (unreached !== null) found.push(unreached);
  }
  return found;
}

interface Search {
  readonly ruleSets: readonly RuleSet[];
  readonly doors: readonly Door[];
  readonly size: number;
  left: number;
}

interface Door {
  readonly entry: Entry;
  readonly now: Partition;
}

interface Spot {
  readonly chain: Chain;
  readonly rule: Rule;
  readonly index: number;
}

function isVerdict({ action }: Rule): boolean {
  return action.kind === "accept" || isStop(action.kind);
}

function isStop(kind: Rule["action"]["kind"]): boolean {
  return kind === "drop" || kind === "reject";
}

function countRules(ruleSets: readonly RuleSet[]): number {
  const chains = ruleSets.flatMap(({ tables }) => tables.flatMap((table) => table.chains));
  return chains.reduce((sum, { rules }) => sum + rules.length, 1);
}

/** Whom a rule would decide on at a door were it the first of its chain. */
interface Wanted {
  readonly door: Door;
  readonly sources: SourceSet;
  readonly at: RuleDecider["at"];
  /** Of these sources, what others make of now that the rule would not. */
  readonly otherwise: readonly Part[];
}

function lookAt(search: Search, spot: Spot): Unreached | null {
  const stops = isStop(spot.rule.action.kind);
  const wanted: Wanted[] = [];
  for (const door of search.doors) {
    const atHead = findMet(search, spot, door.entry, 0);
    if (atHead === null) return null;
    if (atHead.at === null || isEmpty(atHead.sources)) continue;
    // Of a drop it is known already that it decides on nobody.
    const inPlace = stops ? null : findMet(search, spot, door.entry, spot.index);
    if (!stops && (inPlace === null || !isEmpty(inPlace.sources))) return null;
    const doubted = inPlace?.doubted ?? unite(door.now.undecidable, door.entry);
    if (overlap(doubted, atHead.sources)) return null;
    const parts: readonly Part[] = stops ? door.now.admitted : door.now.stopped;
    const otherwise = parts.filter(({ sources }) => overlap(sources, atHead.sources));
    if (otherwise.length > 0) wanted.push({ door, sources: atHead.sources, at: atHead.at, otherwise });
  }
  const [first] = wanted;
  const behind = first === undefined ? null : findBehind(search, spot, first);
  if (first === undefined || behind === null) return null;
  const rule = { kind: "rule", at: first.at, rule: spot.rule } as const;
  return { rule, behind, stops, entries: wanted.map(({ door }) => door.entry) };
}

function overlap(one: SourceSet, other: SourceSet): boolean {
  return !isEmpty(intersectSets(one, other));
}

interface Met {
  /** Who meets the rule for sure. */
  readonly sources: SourceSet;
  readonly doubted: SourceSet;
  /** Null where nobody does. */
  readonly at: RuleDecider["at"] | null;
}

/** Who meets a rule when it stands at another place of its chain; null when enough was looked at. */
function findMet(search: Search, { chain, rule, index }: Spot, entry: Entry, place: number): Met | null {
  // A packet that is dropped is surely told of: by this very rule.
  const asked: Rule = { ...rule, action: { kind: "drop" } };
  const others = chain.rules.toSpliced(index, 1);
  // What ends behind it has no say in who meets it.
  const rules = [...others.slice(0, place), asked, ...others.slice(place).filter((each) => !isVerdict(each))];
  search.left -= search.size - chain.rules.length + rules.length + BEGINNING;
  if (search.left < 0) return null;
  const { stopped, undecidable } = evaluate(replaceChain(search.ruleSets, chain, { ...chain, rules }), entry);
  const met = stopped.filter(({ by }) => isRule(by, asked));
  const by = met[0]?.by;
  return { sources: unite(met, entry), doubted: unite(undecidable, entry), at: by?.kind === "rule" ? by.at : null };
}

function isRule(by: Decider, rule: Rule): boolean {
  return by.kind === "rule" && by.rule === rule;
}

function unite(parts: readonly Part[], { family }: Entry): SourceSet {
  return parts.reduce((sum, { sources }) => uniteSets(sum, sources), toEmptySet(family));
}

function replaceChain(ruleSets: readonly RuleSet[], old: Chain, fresh: Chain): readonly RuleSet[] {
  return ruleSets.map((ruleSet) => ({
    ...ruleSet,
    tables: ruleSet.tables.map((table) =>
      table.chains.includes(old)
        ? { ...table, chains: table.chains.map((chain) => (chain === old ? fresh : chain)) }
        : table,
    ),
  }));
}

/** The rule behind which nobody is left for this one, found by halves; of one that goes to a chain, who decides there. */
function findBehind(search: Search, spot: Spot, { door, at, otherwise }: Wanted): ChainDecider | null {
  let met = 0;
  let unmet = spot.index;
  while (unmet - met > 1) {
    const middle = (met + unmet) >>> 1;
    const there = findMet(search, spot, door.entry, middle);
    if (there === null) return null;
    if (isEmpty(there.sources)) unmet = middle;
    else met = middle;
  }
  const taker = spot.chain.rules[met];
  if (taker === undefined) return null;
  if (taker.action.kind !== "jump" && taker.action.kind !== "goto") return { kind: "rule", at, rule: taker };
  const by = otherwise[0]?.by;
  return by?.kind === "rule" || by?.kind === "policy" ? by : { kind: "rule", at, rule: taker };
}
