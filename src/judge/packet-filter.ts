import type { Evidence } from "../facts/evidence.ts";
import type { Facts } from "../facts/facts.ts";
import type { Network } from "../facts/interfaces.ts";
import { evaluate } from "../firewall/evaluate.ts";
import type {
  AdmittedPart,
  ChainDecider,
  Decider,
  Entry,
  Part,
  Partition,
  UndecidablePart,
} from "../firewall/partition.ts";
import { findReplyStopper, toReply } from "../firewall/reply.ts";
import type { Rule, RuleSet } from "../firewall/rule-set.ts";
import { intersectSets, isEmpty, uniteSets, type SourceSet } from "../firewall/source-set.ts";
import type { Reading } from "../host/host.ts";
import { toBarrier, toNoRulesBarrier, toUnreadEvidence } from "./barriers.ts";
import { isLoopback } from "./addresses.ts";
import { toDeciderTerms } from "./decider-terms.ts";
import { toEntry, type Door } from "./firewall-entry.ts";
import { toPopulation, toSources } from "./population.ts";
import type { Barrier, Vantage } from "./route.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** The packet filter of a network namespace: its rules, or, where there is nothing to judge, what stands in their place. */
export type PacketFilter = { readonly kind: "settled"; readonly barrier: Barrier } | RulesFilter;

export interface RulesFilter {
  readonly kind: "rules";
  readonly ruleSets: readonly RuleSet[];
  readonly network: Network;
  /** What the managers of the rules say of themselves. */
  readonly facts: Pick<Facts, "managers">;
  /** That there are rules at all. */
  readonly first: Evidence;
}

/** What becomes of some of an outsider's packets for one door, and by which rule. */
export interface Passage {
  readonly from: Vantage;
  /** Null where the packet never comes to a rule, because the host itself refuses it. */
  readonly barrier: Barrier | null;
  /** The sources themselves; null where nobody told them apart. */
  readonly sources: SourceSet | null;
  /** Where the packet ends up if it is let in; null where it is not, or nothing is known of it. */
  readonly arrival: AdmittedPart["arrival"] | null;
}

/** More deciding rules than these are told together: nobody reads a route for each line of a blocklist. */
const MOST_DECIDERS = 4;

/** The packet filter of the reader's own network namespace. */
export function toPacketFilter(facts: Facts, ruleSets: Reading<readonly RuleSet[]>): PacketFilter {
  const { firewall, networks } = facts;
  if (!ruleSets.ok) {
    const isRecordedWithout = firewall.ok && firewall.value.printed === undefined;
    const why = isRecordedWithout ? "not-judged-yet" : "firewall-unread";
    return { kind: "settled", barrier: toBarrier("firewall", null, why, toUnreadEvidence(ruleSets)) };
  }
  const network = networks.find((each) => each.own);
  const first = firewall.ok ? firewall.value.ruleSets[0]?.evidence : undefined;
  if (first === undefined) return { kind: "settled", barrier: toNoRulesBarrier(firewall) };
  if (network === undefined || !network.interfaces.ok) {
    return { kind: "settled", barrier: toBarrier("firewall", null, "rules-not-read", first) };
  }
  return { kind: "rules", ruleSets: ruleSets.value, network, facts, first };
}

/**
 * What stands before whoever begins on the host itself: their packets pass other chains, which are not judged, and an
 * answer over that very way says more than rules could.
 */
export function toLocalFilterBarrier(filter: PacketFilter): Barrier {
  return filter.kind === "settled" ? filter.barrier : toBarrier("firewall", null, "not-judged-yet", filter.first);
}

/**
 * What the rules make of an outsider's packets for a door: one passage for each fate and rule that decides it, all
 * sources of the outsider in exactly one of them.
 */
export function judgeDoor(
  filter: PacketFilter,
  outsider: Outsider,
  wiring: Wiring,
  door: Pick<Door, "address" | "port">,
): readonly Passage[] {
  const { from, family, interface: link } = outsider;
  if (filter.kind === "settled") return [{ from, barrier: filter.barrier, sources: null, arrival: null }];
  const entry = link === null ? null : toEntry(filter.network, { family, interface: link.name, ...door });
  if (entry === null) {
    const barrier = toBarrier("firewall", null, "rules-not-read", filter.first);
    return [{ from, barrier, sources: null, arrival: null }];
  }
  const population = toPopulation(outsider, wiring);
  const parts = toParts(evaluate(filter.ruleSets, entry), population);
  return parts.map((part) => ({
    from: { ...from, ...toSources(outsider, population, part.sources) },
    barrier:
      (part.kind === "admitted" ? toReplyBarrier(filter, entry, part) : null) ?? toPartBarrier(filter, part, door),
    sources: part.sources,
    arrival: part.kind === "admitted" ? part.arrival : null,
  }));
}

type FatedPart =
  | (AdmittedPart & { readonly kind: "admitted" })
  | (Part & { readonly kind: "stopped" })
  | (UndecidablePart & { readonly kind: "undecidable" });

function toParts(partition: Partition, population: SourceSet): readonly FatedPart[] {
  return [
    ...toFew(
      partition.admitted.map((part) => ({ ...part, kind: "admitted" as const })),
      population,
      isSameArrival,
    ),
    ...toFew(
      partition.stopped.map((part) => ({ ...part, kind: "stopped" as const })),
      population,
      isSameFate,
    ),
    ...toFew(
      partition.undecidable.map((part) => ({ ...part, kind: "undecidable" as const })),
      population,
      isSameFate,
    ),
  ];
}

function isSameArrival({ arrival: one }: AdmittedPart, { arrival: other }: AdmittedPart): boolean {
  return one.hook === other.hook && one.address === other.address && one.port === other.port;
}

function isSameFate({ by: one }: Part, { by: other }: Part): boolean {
  return (one.kind === "routing") === (other.kind === "routing");
}

/** The parts as far as they concern these sources; what many rules decide alike is told by the first of them. */
function toFew<P extends Part>(
  parts: readonly P[],
  population: SourceSet,
  isAlike: (one: P, other: P) => boolean,
): P[] {
  const present = parts
    .map((part) => ({ ...part, sources: intersectSets(part.sources, population) }))
    .filter(({ sources }) => !isEmpty(sources));
  if (present.length <= MOST_DECIDERS) return present;
  const few: P[] = [];
  for (const part of present) {
    const index = few.findIndex((each) => isAlike(each, part));
    const known = few[index];
    if (known === undefined) few.push(part);
    else few[index] = { ...known, sources: uniteSets(known.sources, part.sources) };
  }
  return few;
}

function toPartBarrier({ facts }: RulesFilter, part: FatedPart, door: Pick<Door, "address">): Barrier | null {
  if (part.by.kind === "routing") return toRoutingBarrier(part.by.why, door);
  const terms = part.by.kind === "no-chain" ? null : toDeciderTerms(part.by, facts);
  const by = terms === null ? {} : { by: { manager: terms.manager, name: terms.name, written: terms.written } };
  const evidence = terms?.evidence ?? null;
  if (part.kind === "admitted") return { ...toBarrier("firewall", false, "rules-admit", evidence), ...by };
  if (part.kind === "stopped") return { ...toBarrier("firewall", true, "rules-stop", evidence), ...by };
  const doubted = { from: evidence?.from ?? "portlock", text: part.doubt.text };
  return { ...toBarrier("firewall", null, `rules-${part.doubt.why}`, doubted), ...by };
}

/** Who is let in and may get no answer is not called in. */
function toReplyBarrier({ ruleSets }: RulesFilter, entry: Entry, { arrival }: AdmittedPart): Barrier | null {
  const stopper = findReplyStopper(ruleSets, toReply(entry, arrival));
  if (stopper === null) return null;
  if (stopper.kind === "too-complex") return toBarrier("firewall", null, "rules-too-complex");
  if (stopper.kind === "rule") return toBarrier("firewall", null, "answer-in-doubt", toRuleEvidence(stopper.rule));
  const { from, chain } = stopper;
  return toBarrier("firewall", null, "answer-in-doubt", { from, text: `chain ${chain}: policy drop` });
}

/** What the host itself makes of the packet. That it refuses loopback addresses from outside, the bind says already. */
function toRoutingBarrier(
  why: Extract<Decider, { kind: "routing" }>["why"],
  { address }: Pick<Door, "address">,
): Barrier | null {
  if (why === "not-read") return toBarrier("routing", null, "routing-unread");
  if (why !== "loopback-from-outside") return toBarrier("routing", true, "not-forwarded");
  return isLoopback(address) ? null : toBarrier("bind", true, "loopback-only");
}

/** What decides, as its engine has it; null where no chain stands in the way. */
export function toDeciderEvidence(by: Decider): Evidence | null {
  if (by.kind === "rule") return toRuleEvidence(by.rule);
  return by.kind === "policy" ? toPolicyEvidence(by) : null;
}

function toRuleEvidence({ place: { from, line, text } }: Rule): Evidence {
  return line === null ? { from, text } : { from, line, text };
}

function toPolicyEvidence({ at }: ChainDecider): Evidence {
  const { engine, table, baseChain, base } = at;
  const text = `table ${table.family} ${table.name}, chain ${baseChain}: policy ${base.policy ?? "not read"}`;
  return { from: engine, text };
}
