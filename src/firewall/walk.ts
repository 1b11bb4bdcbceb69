import { parseAddress } from "./address.ts";
import { applyAction, type Next } from "./apply-action.ts";
import { decideMatches } from "./conditions.ts";
import { evaluate } from "./evaluate.ts";
import { internState, openEvaluation, toDecider, type Evaluation } from "./evaluation.ts";
import type { BaseChain, PacketState } from "./packet-state.ts";
import type { AdmittedPart, ChainPlace, Entry, Part, UndecidablePart } from "./partition.ts";
import type { Chain, Doubt, Hook, Rule, RuleSet } from "./rule-set.ts";
import { containsAddress } from "./source-set.ts";
import { readEntry } from "./surroundings.ts";
import { deliver, isPassedOver, toDelivered, toHooksAfter, toHooksBefore, toLegs, toStart, toStateAt } from "./way.ts";

/** One thing that happens to the packet on its way. Rules that do not match are not steps. */
export type WalkStep =
  /** Enters a base chain. */
  | { readonly kind: "chain"; readonly at: ChainPlace }
  /** Meets a rule that matches, or, with a doubt, one that may: the walk then goes on as if it did not. */
  | {
      readonly kind: "rule";
      readonly at: ChainPlace;
      readonly rule: Rule;
      /** How many chains were jumped into to get here. */
      readonly depth: number;
      readonly does: Next["kind"] | "may-match";
      readonly doubt: Doubt | null;
    }
  /** Comes to the end of a base chain. */
  | { readonly kind: "policy"; readonly at: ChainPlace }
  /** The host decides where the packet goes. */
  | {
      readonly kind: "routing";
      readonly to: "input" | "forward" | "stopped" | "unknown";
      readonly outInterface: string | null;
    };

/** What becomes of one packet, and how. */
export interface Walk {
  readonly steps: readonly WalkStep[];
  readonly verdict: WalkVerdict;
}

export type WalkVerdict =
  | { readonly kind: "admitted"; readonly part: AdmittedPart }
  | { readonly kind: "stopped"; readonly part: Part }
  | { readonly kind: "undecidable"; readonly part: UndecidablePart };

/** Longest walk that is written down, and deepest jump that is followed. */
const STEP_LIMIT = 1_000;
const DEPTH_LIMIT = 64;

/**
 * The way of one packet from a named source, rule by rule. The verdict is that of `evaluate`, which the steps
 * explain; they are found with the same conditions, actions and order of chains. Null: the source is no address of
 * the entry's family.
 */
export function walkPacket(ruleSets: readonly RuleSet[], entry: Entry, sourceText: string): Walk | null {
  const source = parseAddress(sourceText);
  const verdict = source?.family === entry.family ? findVerdict(ruleSets, entry, source.value) : null;
  if (source === null || verdict === null) return null;
  const around = readEntry(entry);
  if (around === null) return { steps: [], verdict };
  const evaluation = openEvaluation(ruleSets, around);
  const walker: Walker = { evaluation, ruleSets, source: source.value, steps: [] };
  const routed = walkHooks(walker, toHooksBefore(around), internState(evaluation, toStart(around)));
  if (routed !== null) {
    const delivery = deliver(routed, around);
    const outInterface = delivery.kind === "forward" ? delivery.outInterface : null;
    walker.steps.push({ kind: "routing", to: delivery.kind, outInterface });
    if (delivery.kind === "input" || delivery.kind === "forward") {
      const here = internState(evaluation, toDelivered(routed, delivery, around));
      walkHooks(walker, toHooksAfter(delivery, around), here);
    }
  }
  return { steps: walker.steps, verdict };
}

function findVerdict(ruleSets: readonly RuleSet[], entry: Entry, source: bigint): WalkVerdict | null {
  const { admitted, stopped, undecidable } = evaluate(ruleSets, entry);
  const has = ({ sources }: Part): boolean => containsAddress(sources, source);
  const [passes, ends, unclear] = [admitted.find(has), stopped.find(has), undecidable.find(has)];
  if (passes !== undefined) return { kind: "admitted", part: passes };
  if (ends !== undefined) return { kind: "stopped", part: ends };
  return unclear === undefined ? null : { kind: "undecidable", part: unclear };
}

interface Walker {
  readonly evaluation: Evaluation;
  readonly ruleSets: readonly RuleSet[];
  readonly source: bigint;
  readonly steps: WalkStep[];
}

/** The packet after the last chain of the hooks; null where one of them stops it. */
function walkHooks(walker: Walker, hooks: readonly Hook[], start: PacketState): PacketState | null {
  const { evaluation, ruleSets } = walker;
  const { around } = evaluation;
  let state = start;
  for (const hook of hooks) {
    for (const leg of toLegs(ruleSets, hook, around)) {
      const here = internState(evaluation, toStateAt(leg, state, around));
      if (isPassedOver(leg, here)) continue;
      const { through } = leg;
      const policy = toDecider(evaluation, through, through.chain, null);
      walker.steps.push({ kind: "chain", at: policy.at });
      const end = walkChain(walker, through, through.chain, here, 0);
      if (end.kind === "return") walker.steps.push({ kind: "policy", at: policy.at });
      if (end.kind === "drop" || (end.kind === "return" && through.base.policy === "drop")) return null;
      state = end.state;
    }
  }
  return state;
}

interface ChainEnd {
  readonly kind: "accept" | "drop" | "return";
  readonly state: PacketState;
}

function walkChain(walker: Walker, through: BaseChain, chain: Chain, start: PacketState, depth: number): ChainEnd {
  const { evaluation, source, steps } = walker;
  let state = start;
  for (const rule of chain.rules) {
    if (steps.length >= STEP_LIMIT || depth > DEPTH_LIMIT) break;
    const held = decideMatches(rule.matches, state, evaluation.around);
    if (!containsAddress(held.possible, source)) continue;
    const at = toDecider(evaluation, through, chain, rule).at;
    if (!containsAddress(held.sure, source)) {
      steps.push({ kind: "rule", at, rule, depth, does: "may-match", doubt: held.doubt });
      continue;
    }
    const next = applyAction(rule.action, state, evaluation, through);
    const doubt = next.kind === "undecidable" ? next.doubt : null;
    steps.push({ kind: "rule", at, rule, depth, does: next.kind, doubt });
    switch (next.kind) {
      case "stay":
      case "undecidable":
        break;
      case "accept":
      case "drop":
      case "return":
        return { kind: next.kind, state };
      case "rewritten":
        return { kind: "accept", state: next.state };
      case "changed":
        state = next.state;
        break;
      case "jump": {
        const end = walkChain(walker, through, next.chain, state, depth + 1);
        if (end.kind !== "return" || !next.comesBack) return end;
        state = end.state;
      }
    }
  }
  return { kind: "return", state };
}
