import { toBaseChainFates } from "./chain-fates.ts";
import { internState, isExhausted, openEvaluation, type Evaluation } from "./evaluation.ts";
import { composeFates, toCertain, toUniform, type Exit, type Fates } from "./fates.ts";
import type { PacketState } from "./packet-state.ts";
import { toPartition } from "./part-sources.ts";
import type { Decider, Entry, Partition } from "./partition.ts";
import type { Doubt, Hook, RuleSet } from "./rule-set.ts";
import { toWholeSet } from "./source-set.ts";
import { readEntry, type Surroundings } from "./surroundings.ts";
import {
  deliver,
  isPassedOver,
  toDelivered,
  toHooksAfter,
  toHooksBefore,
  toLegs,
  toStart,
  toStateAt,
  type Leg,
} from "./way.ts";

/**
 * Which sources may open a connection: the whole address family, parted by fate and by the rule that decides.
 * `ruleSets` is everything the host's packet filters hold, each engine's once. Never throws; rules that branch
 * more than is followed make everything undecidable.
 */
export function evaluate(ruleSets: readonly RuleSet[], entry: Entry): Partition {
  const around = readEntry(entry);
  if (around === null) return toUnknown(entry, { why: "not-read", text: "the destination's address" });
  const evaluation = openEvaluation(ruleSets, around);
  const fates = followPacket({ ruleSets, around, evaluation, legs: new Map() });
  if (isExhausted(evaluation)) return toUnknown(entry, { why: "too-complex", text: "the rules branch too often" });
  return toPartition(fates, around);
}

function toUnknown(entry: Entry, doubt: Doubt): Partition {
  const sources = toWholeSet(entry.family);
  const part = { sources, by: { kind: "no-chain" }, doubt } as const;
  return { family: entry.family, admitted: [], stopped: [], undecidable: [part] };
}

interface Journey {
  readonly ruleSets: readonly RuleSet[];
  readonly around: Surroundings;
  readonly evaluation: Evaluation;
  readonly legs: Map<Hook, readonly Leg[]>;
}

const NO_CHAIN: Decider = { kind: "no-chain" };

/** The whole way: up to the routing decision, which depends on what became of the destination, and from there on. */
function followPacket(journey: Journey): Fates {
  const { around, evaluation } = journey;
  const start = internState(evaluation, toStart(around));
  const begun = toUniform(toCertain({ kind: "accept", state: start, by: NO_CHAIN, rewrittenBy: null }));
  const routed = passHooks(journey, begun, toHooksBefore(around));
  const delivered = new Map<PacketState, Fates>();
  return composeFates(routed, (exit) => {
    if (exit.kind !== "accept") return null;
    const known = delivered.get(exit.state) ?? followDelivery(journey, exit.state);
    delivered.set(exit.state, known);
    return known;
  });
}

function followDelivery(journey: Journey, state: PacketState): Fates {
  const { around, evaluation } = journey;
  const delivery = deliver(state, around);
  if (delivery.kind === "input" || delivery.kind === "forward") {
    const here = internState(evaluation, toDelivered(state, delivery, around));
    const begun = toUniform(toCertain({ kind: "accept", state: here, by: NO_CHAIN, rewrittenBy: null }));
    return passHooks(journey, begun, toHooksAfter(delivery, around));
  }
  const drop: Exit = { kind: "drop", state, by: delivery.by, rewrittenBy: null };
  if (delivery.kind === "stopped") return toUniform(toCertain(drop));
  const accept: Exit = {
    kind: "accept",
    state: internState(evaluation, { ...state, hook: "forward" }),
    by: NO_CHAIN,
    rewrittenBy: null,
  };
  const doubted = { by: delivery.by, doubt: { why: "not-read", text: "where the packet is sent on to" } } as const;
  return toUniform({ exits: [accept, drop], doubted });
}

/** Every base chain of the hooks, one after the other: what one of them drops is gone. */
function passHooks(journey: Journey, before: Fates, hooks: readonly Hook[]): Fates {
  const { around, ruleSets } = journey;
  let fates = before;
  for (const hook of hooks) {
    const legs = journey.legs.get(hook) ?? toLegs(ruleSets, hook, around);
    journey.legs.set(hook, legs);
    for (const leg of legs) {
      const passed = new Map<PacketState, Fates | null>();
      fates = composeFates(fates, (exit) => {
        if (exit.kind !== "accept") return null;
        const known = passed.get(exit.state);
        if (known !== undefined) return known;
        const fresh = passLeg(journey, leg, exit.state);
        passed.set(exit.state, fresh);
        return fresh;
      });
    }
  }
  return fates;
}

function passLeg({ evaluation, around }: Journey, leg: Leg, state: PacketState): Fates | null {
  const here = internState(evaluation, toStateAt(leg, state, around));
  if (isPassedOver(leg, here)) return null;
  const fates = toBaseChainFates(evaluation, leg.through, here);
  return leg.through.base.devices === null ? doubtChain(fates, leg, here) : fates;
}

/** A chain that may not stand at this interface at all: what it drops may pass as well. */
function doubtChain(fates: Fates, { through }: Leg, state: PacketState): Fates {
  const doubt: Doubt = { why: "not-read", text: `the interfaces of chain ${through.chain.name}` };
  return composeFates(fates, (exit) => {
    if (exit.kind !== "drop") return null;
    const passed: Exit = { kind: "accept", state, by: NO_CHAIN, rewrittenBy: null };
    return toUniform({ exits: [passed, exit], doubted: { by: exit.by ?? NO_CHAIN, doubt } });
  });
}
