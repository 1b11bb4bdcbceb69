import { decideMatches } from "./conditions.ts";
import { applyAction } from "./apply-action.ts";
import { isExhausted, toDecider, type Evaluation } from "./evaluation.ts";
import { composeFates, findRun, toCertain, toUniform, type Exit, type Fate, type Fates } from "./fates.ts";
import type { BaseChain, PacketState } from "./packet-state.ts";
import { paintFates, type Step } from "./paint.ts";
import type { Chain, Doubt, Rule } from "./rule-set.ts";
import { isEmpty, subtractSets, type SourceSet } from "./source-set.ts";

/** What a base chain does with a packet in this state, for every source: its rules, then its policy. */
export function toBaseChainFates(evaluation: Evaluation, through: BaseChain, state: PacketState): Fates {
  const { chain, base } = through;
  const policy = toDecider(evaluation, through, chain, null);
  const fates = toChainFates(evaluation, through, chain, 0, state);
  return composeFates(fates, (exit) => {
    if (exit.kind !== "return") return null;
    if (base.policy === "accept") return toUniform(toCertain({ ...exit, kind: "accept", by: policy }));
    const drop = { ...exit, kind: "drop", by: policy } as const;
    if (base.policy === "drop") return toUniform(toCertain(drop));
    const doubt: Doubt = { why: "not-read", text: `the policy of ${chain.name}` };
    return toUniform({ exits: [{ ...exit, kind: "accept", by: policy }, drop], doubted: { by: policy, doubt } });
  });
}

/** What the rules of a chain from `index` on do with a packet in this state, for every source. */
function toChainFates(
  evaluation: Evaluation,
  through: BaseChain,
  chain: Chain,
  index: number,
  state: PacketState,
): Fates {
  const memo = toMemo(evaluation, through, chain);
  const key = `${index} ${evaluation.numbers.get(state)}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const atEnd = toCertain({ kind: "return", state, by: null, rewrittenBy: null });
  if (isExhausted(evaluation)) return toUniform(atEnd);
  evaluation.depth++;
  const steps: Step[] = [];
  for (let at = index; at < chain.rules.length; at++) {
    const rule = chain.rules[at];
    if (rule === undefined || isExhausted(evaluation)) break;
    const made = toSteps({ evaluation, through, chain, at, rule, state });
    steps.push(...made.steps);
    evaluation.work += 1 + made.steps.reduce((sum, step) => sum + step.firsts.length, 0);
    if (made.settlesAll) break;
  }
  const fates = paintFates(steps, atEnd, evaluation.around.whole.lasts[0] ?? 0n);
  if (!isExhausted(evaluation)) evaluation.depth--;
  memo.set(key, fates);
  return fates;
}

function toMemo(evaluation: Evaluation, through: BaseChain, chain: Chain): Map<string, Fates> {
  const chains = evaluation.chains.get(through) ?? new Map<Chain, Map<string, Fates>>();
  evaluation.chains.set(through, chains);
  const memo = chains.get(chain) ?? new Map<string, Fates>();
  chains.set(chain, memo);
  return memo;
}

/** One rule, met by a packet in one state. */
interface Meeting {
  readonly evaluation: Evaluation;
  readonly through: BaseChain;
  readonly chain: Chain;
  readonly at: number;
  readonly rule: Rule;
  readonly state: PacketState;
}

interface Steps {
  readonly steps: readonly Step[];
  /** No source gets to the next rule. */
  readonly settlesAll: boolean;
}

const NO_STEPS: Steps = { steps: [], settlesAll: false };

function toSteps(meeting: Meeting): Steps {
  const { evaluation, rule, state } = meeting;
  if (rule.action.kind === "continue" || isAvoidable(rule)) return NO_STEPS;
  const held = decideMatches(rule.matches, state, evaluation.around);
  if (isEmpty(held.possible)) return NO_STEPS;
  const effect = toEffect(meeting);
  const doubt = held.doubt;
  if (doubt === null || held.sure === held.possible) {
    const settlesAll = held.sure === evaluation.around.whole && !effect.fates.some(stays);
    return { steps: toSegments(held.sure, effect, (fate) => fate), settlesAll };
  }
  const by = toDecider(evaluation, meeting.through, meeting.chain, rule);
  const doubtful = subtractSets(held.possible, held.sure);
  const may = toMaybe(meeting, { by, doubt });
  return {
    steps: [...toSegments(held.sure, effect, (fate) => fate), ...toSegments(doubtful, effect, may)],
    settlesAll: false,
  };
}

/** Nobody is stopped by a rule that drops what a sender would have to add on purpose. */
function isAvoidable({ action, matches }: Rule): boolean {
  if (action.kind !== "drop" && action.kind !== "reject") return false;
  return matches.some((match) => match.kind === "undecidable" && match.doubt.why === "unusual");
}

/** The same fate, or none: the rule may not match. */
function toMaybe({ state }: Meeting, doubted: NonNullable<Fate["doubted"]>): (fate: Fate) => Fate {
  const made = new Map<Fate, Fate>();
  return (fate) => {
    const known = made.get(fate);
    if (known !== undefined) return known;
    const exits = stays(fate) ? fate.exits : [...fate.exits, toStay(state)];
    const fresh = { exits, doubted };
    made.set(fate, fresh);
    return fresh;
  };
}

function stays(fate: Fate): boolean {
  return fate.exits.some((exit) => exit.kind === "stay");
}

function toStay(state: PacketState): Exit {
  return { kind: "stay", state, by: null, rewrittenBy: null };
}

/** The part of `effect` that falls on `sources`, without what changes nothing. */
function toSegments(sources: SourceSet, effect: Fates, change: (fate: Fate) => Fate): readonly Step[] {
  const [only] = effect.fates;
  if (effect.fates.length === 1 && only !== undefined) {
    if (isEmpty(sources) || isThrough(only)) return [];
    return [{ firsts: sources.firsts, lasts: sources.lasts, fates: change(only) }];
  }
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  const fates: Fate[] = [];
  const { firsts: starts } = effect;
  for (const [index, begin] of sources.firsts.entries()) {
    const end = sources.lasts[index] ?? begin;
    for (let run = findRun(starts, begin); run < starts.length; run++) {
      const start = starts[run] ?? begin;
      const fate = effect.fates[run];
      if (start > end || fate === undefined) break;
      if (isThrough(fate)) continue;
      const next = starts[run + 1];
      firsts.push(start > begin ? start : begin);
      lasts.push(next === undefined || next > end ? end : next - 1n);
      fates.push(change(fate));
    }
  }
  return firsts.length === 0 ? [] : [{ firsts, lasts, fates }];
}

function isThrough(fate: Fate): boolean {
  return fate.exits.length === 1 && stays(fate);
}

/** What happens to a packet that matches, for every source, seen from the rule's own chain. */
function toEffect(meeting: Meeting): Fates {
  const { evaluation, through, chain, at, rule, state } = meeting;
  const by = toDecider(evaluation, through, chain, rule);
  const next = applyAction(rule.action, state, evaluation, through);
  switch (next.kind) {
    case "stay":
      return toUniform(toCertain(toStay(state)));
    case "accept":
    case "drop":
    case "return":
      return toUniform(toCertain({ kind: next.kind, state, by, rewrittenBy: null }));
    case "rewritten":
      return toUniform(toCertain({ kind: "accept", state: next.state, by, rewrittenBy: by }));
    case "changed":
      return toChainFates(evaluation, through, chain, at + 1, next.state);
    case "jump":
      return toJumpEffect(meeting, next.chain, next.comesBack);
    case "undecidable": {
      const ends = (["accept", "drop"] as const).map((kind): Exit => ({ kind, state, by, rewrittenBy: null }));
      return toUniform({ exits: [...ends, toStay(state)], doubted: { by, doubt: next.doubt } });
    }
  }
}

/** A packet that comes back from a jump goes on here, in the state the other chain left it in. */
function toJumpEffect(meeting: Meeting, target: Chain, comesBack: boolean): Fates {
  const { evaluation, through, chain, at, state } = meeting;
  if (evaluation.open.includes(target)) {
    evaluation.depth = Number.POSITIVE_INFINITY;
    return toUniform(toCertain(toStay(state)));
  }
  evaluation.open.push(target);
  const fates = toChainFates(evaluation, through, target, 0, state);
  evaluation.open.pop();
  if (!comesBack) return fates;
  return composeFates(fates, (exit) => {
    if (exit.kind !== "return") return null;
    if (exit.state === state) return toUniform(toCertain({ ...exit, kind: "stay" }));
    return toChainFates(evaluation, through, chain, at + 1, exit.state);
  });
}
