import type { Evidence } from "../facts/evidence.ts";
import type { Facts } from "../facts/facts.ts";
import type { Network } from "../facts/interfaces.ts";
import type { Arrival, ChainPlace, Decider, Entry } from "../firewall/partition.ts";
import { findReplyStopper, toReply } from "../firewall/reply.ts";
import type { Doubt, Hook, Rule, RuleSet } from "../firewall/rule-set.ts";
import { walkPacket, type WalkStep } from "../firewall/walk.ts";
import { isLoopback, isWildcard, toCanonical, toFamily, type Family } from "./addresses.ts";
import { toOwnNamespace } from "./asked-listeners.ts";
import { toDeciderTerms, type DeciderTerms } from "./decider-terms.ts";
import { toEntry } from "./firewall-entry.ts";
import { toRuleSets } from "./rule-sets.ts";
import { findWayBack } from "./way-back.ts";

/** A packet that somebody asks about: the first one of a new TCP connection. */
export interface Packet {
  readonly source: string;
  /** Null: the address of the interface by which it comes in. */
  readonly address: string | null;
  readonly port: number;
  /** Null: the one by which the host would answer. */
  readonly interface: string | null;
}

/** The way of one packet through a host, as plain JSON. */
export interface Trace {
  readonly source: string;
  readonly entry: { readonly address: string; readonly port: number };
  readonly interface: string;
  /** The route by which the interface was found; null where the user named it. */
  readonly route: string | null;
  readonly steps: readonly TraceStep[];
  readonly verdict: "admitted" | "stopped" | "undecidable";
  /** Null where no chain stands in the way. */
  readonly by: TraceDecider | null;
  readonly doubt: Doubt | null;
  /** Where an admitted packet ends up; null for one that is not admitted. */
  readonly arrival: TraceArrival | null;
  /** What may stop the answer to an admitted packet; null where nothing does. */
  readonly answer: Evidence | null;
}

export type TraceDecider =
  | (DeciderTerms & { readonly kind: "terms" })
  | { readonly kind: "routing"; readonly why: Extract<Decider, { kind: "routing" }>["why"] };

export type TraceStep =
  | ({ readonly kind: "chain"; readonly hook: Hook; readonly priority: number } & TracePlace)
  | ({
      readonly kind: "rule";
      /** How many chains were jumped into to get here. */
      readonly depth: number;
      readonly does: Extract<WalkStep, { kind: "rule" }>["does"];
      /** The chain that is jumped to, else null. */
      readonly to: string | null;
      readonly evidence: Evidence;
      readonly doubt: Doubt | null;
    } & TracePlace)
  | ({ readonly kind: "policy"; readonly policy: "accept" | "drop" | null } & TracePlace)
  | Extract<WalkStep, { kind: "routing" }>;

interface TracePlace {
  readonly engine: string;
  readonly table: string;
  readonly chain: string;
}

export interface TraceArrival {
  readonly hook: "input" | "forward";
  readonly address: string | null;
  readonly port: number | null;
  /** The rule that changed the destination; null where none did. */
  readonly rewrittenBy: Evidence | null;
  readonly listens:
    | { readonly kind: "socket"; readonly evidence: Evidence }
    | { readonly kind: "container"; readonly name: string }
    | { readonly kind: "nobody" }
    | { readonly kind: "unknown" };
}

/** Why a packet cannot be followed. */
export type TraceFault =
  | "interfaces-unread"
  | "rules-unread"
  | "other-family"
  | "own-source"
  | "loopback-source"
  | "no-such-interface"
  | "no-route"
  | "no-address";

export type Traced = { readonly ok: true; readonly trace: Trace } | { readonly ok: false; readonly fault: TraceFault };

/**
 * Follows one packet, rule by rule. Source and address are numeric; what the host would do with them is taken from its
 * facts alone. A fault says what is missing for an answer.
 */
export function tracePacket(facts: Facts, packet: Packet): Traced {
  const network = facts.networks.find((each) => each.own);
  const family = toFamily(packet.source);
  if (network === undefined || !network.interfaces.ok) return fault("interfaces-unread");
  if (family === null) return fault("other-family");
  if (isLoopback(packet.source)) return fault("loopback-source");
  const addresses = network.interfaces.value.flatMap((each) => each.addresses);
  const isOwn = addresses.some(({ address }) => toCanonical(address) === toCanonical(packet.source));
  if (isOwn) return fault("own-source");
  const ruleSets = toRuleSets(facts);
  if (!ruleSets.ok) return fault("rules-unread");
  const way = findWay(network, family, packet);
  if (typeof way === "string") return fault(way);
  const address = packet.address ?? findAddress(network, family, way.interface);
  if (address === null) return fault("no-address");
  if (toFamily(address) !== family) return fault("other-family");
  const entry = toEntry(network, { family, interface: way.interface, address, port: packet.port });
  if (entry === null) return fault("interfaces-unread");
  const trace = toTrace(facts, ruleSets.value, entry, packet.source);
  return trace === null ? fault("other-family") : { ok: true, trace: { ...trace, route: way.route } };
}

function fault(why: TraceFault): Traced {
  return { ok: false, fault: why };
}

interface Way {
  readonly interface: string;
  readonly route: string | null;
}

/** The interface the user named, or the one by which the host would answer the source: the longest route decides. */
function findWay(network: Network, family: Family, { source, interface: named }: Packet): Way | TraceFault {
  const interfaces = network.interfaces.ok ? network.interfaces.value : [];
  if (named !== null) {
    return interfaces.some((each) => each.name === named) ? { interface: named, route: null } : "no-such-interface";
  }
  const best = findWayBack(network, family, source);
  if (best === undefined) return "interfaces-unread";
  if (best === null) return "no-route";
  const via = best.gateway === null ? "" : ` via ${best.gateway}`;
  return { interface: best.interface, route: `${best.destination}${via} dev ${best.interface}` };
}

function findAddress({ interfaces }: Network, family: Family, name: string): string | null {
  const link = interfaces.ok ? interfaces.value.find((each) => each.name === name) : undefined;
  const own = (link?.addresses ?? []).filter(({ address }) => toFamily(address) === family);
  return (own.find(({ scope }) => scope === "global") ?? own[0])?.address ?? null;
}

function toTrace(
  facts: Facts,
  ruleSets: readonly RuleSet[],
  entry: Entry,
  source: string,
): Omit<Trace, "route"> | null {
  const walk = walkPacket(ruleSets, entry, source);
  if (walk === null) return null;
  const { kind, part } = walk.verdict;
  const arrival = walk.verdict.kind === "admitted" ? walk.verdict.part.arrival : null;
  return {
    source,
    entry: entry.destination,
    interface: entry.inInterface,
    steps: walk.steps.map(toStep),
    verdict: kind,
    by: toTraceDecider(part.by, facts),
    doubt: walk.verdict.kind === "undecidable" ? walk.verdict.part.doubt : null,
    arrival: arrival === null ? null : toArrival(facts, arrival),
    answer: arrival === null ? null : toAnswerDoubt(ruleSets, entry, arrival),
  };
}

function toTraceDecider(by: Decider, facts: Facts): TraceDecider | null {
  if (by.kind === "no-chain") return null;
  return by.kind === "routing" ? by : { ...toDeciderTerms(by, facts), kind: "terms" };
}

function toStep(step: WalkStep): TraceStep {
  if (step.kind === "routing") return step;
  const { at } = step;
  const place = { engine: at.engine, table: `${at.table.family} ${at.table.name}`, chain: at.chain };
  if (step.kind === "chain") return { kind: "chain", ...place, hook: at.base.hook, priority: at.base.priority };
  if (step.kind === "policy") return { kind: "policy", ...place, policy: at.base.policy };
  const { action } = step.rule;
  const to = action.kind === "jump" || action.kind === "goto" ? action.chain : null;
  const { depth, does, doubt } = step;
  return { kind: "rule", ...place, depth, does, to, evidence: toRuleEvidence(step.rule, at), doubt };
}

function toRuleEvidence({ place: { from, line, text } }: Rule, at: ChainPlace | null): Evidence {
  const source = from === "" && at !== null ? at.engine : from;
  return line === null ? { from: source, text } : { from: source, line, text };
}

function toAnswerDoubt(ruleSets: readonly RuleSet[], entry: Entry, arrival: Arrival): Evidence | null {
  const stopper = findReplyStopper(ruleSets, toReply(entry, arrival));
  if (stopper === null) return null;
  if (stopper.kind === "rule") return toRuleEvidence(stopper.rule, null);
  return { from: "portlock", text: stopper.kind === "policy" ? `chain ${stopper.chain}: policy drop` : stopper.kind };
}

function toArrival(facts: Facts, { hook, address, port, rewrittenBy }: Arrival): TraceArrival {
  const by = rewrittenBy?.kind === "rule" ? toRuleEvidence(rewrittenBy.rule, rewrittenBy.at) : null;
  return { hook, address, port, rewrittenBy: by, listens: findListening(facts, { hook, address, port }) };
}

/** Who takes the packet where it ends up, as far as the facts know. */
function findListening(
  facts: Facts,
  { hook, address, port }: Pick<Arrival, "hook" | "address" | "port">,
): TraceArrival["listens"] {
  if (address === null || port === null) return { kind: "unknown" };
  if (hook === "forward") {
    const containers = facts.containers.ok ? facts.containers.value.containers : [];
    const found = containers.find(({ networks }) =>
      networks.some((each) => each.address === address || each.ipv6Address === address),
    );
    return found === undefined ? { kind: "unknown" } : { kind: "container", name: found.name };
  }
  if (!facts.listeners.ok) return { kind: "unknown" };
  const own = toOwnNamespace(facts);
  const found = facts.listeners.value.find(
    (each) =>
      each.port === port &&
      (each.namespace ?? own) === own &&
      (toCanonical(each.address) === toCanonical(address) || takesAll(each, toFamily(address))),
  );
  return found === undefined ? { kind: "nobody" } : { kind: "socket", evidence: found.evidence };
}

function takesAll(
  { address, dualStack }: { readonly address: string; readonly dualStack: boolean | null },
  family: Family | null,
): boolean {
  return isWildcard(address) && (toFamily(address) === family || (family === 4 && dualStack !== false));
}
