import { toStateKey, type BaseChain, type PacketState } from "./packet-state.ts";
import type { ChainDecider, ChainPlace } from "./partition.ts";
import type { Fates } from "./fates.ts";
import type { Chain, Match, Rule, RuleSet, Table } from "./rule-set.ts";
import type { Surroundings } from "./surroundings.ts";

/** What one evaluation has worked out so far, so that nothing is worked out twice, and how much it may still do. */
export interface Evaluation {
  readonly around: Surroundings;
  /** Bits of the marks that some rule asks for; no other bit can change a verdict. */
  readonly markMask: number;
  readonly connectionMarkMask: number;
  readonly states: Map<string, PacketState>;
  readonly deciders: Map<BaseChain, Map<Chain | Rule, ChainDecider>>;
  /** By base chain, then chain and index, then state. */
  readonly chains: Map<BaseChain, Map<Chain, Map<string, Fates>>>;
  readonly names: Map<Table, ReadonlyMap<string, Chain>>;
  readonly numbers: Map<PacketState, number>;
  /** Chains that were jumped to and are not finished. */
  readonly open: Chain[];
  depth: number;
  work: number;
}

/** Rules and segments one evaluation may look at; a rule set of 10,000 rules needs some 20,000. */
const WORK_LIMIT = 30_000_000;
/** How many states of a packet, and how deep in one another, are followed. */
const STATE_LIMIT = 4_096;
const DEPTH_LIMIT = 512;

export function openEvaluation(ruleSets: readonly RuleSet[], around: Surroundings): Evaluation {
  return {
    around,
    ...findMarkMasks(ruleSets),
    states: new Map(),
    deciders: new Map(),
    chains: new Map(),
    names: new Map(),
    numbers: new Map(),
    open: [],
    depth: 0,
    work: 0,
  };
}

/** Whether the rules branch more than is followed. What was worked out until then does not count. */
export function isExhausted({ work, states, depth }: Evaluation): boolean {
  return work > WORK_LIMIT || states.size > STATE_LIMIT || depth > DEPTH_LIMIT;
}

/** The one object for a state, so that states can be compared by identity. */
export function internState(evaluation: Evaluation, state: PacketState): PacketState {
  const seen = {
    ...state,
    mark: (state.mark & evaluation.markMask) >>> 0,
    connectionMark: (state.connectionMark & evaluation.connectionMarkMask) >>> 0,
  };
  const key = toStateKey(seen);
  const known = evaluation.states.get(key);
  if (known !== undefined) return known;
  evaluation.states.set(key, seen);
  evaluation.numbers.set(seen, evaluation.numbers.size);
  return seen;
}

/** Who decides: a rule of a chain reached through a base chain, or that base chain's policy. */
export function toDecider(evaluation: Evaluation, through: BaseChain, chain: Chain, rule: Rule | null): ChainDecider {
  const known = evaluation.deciders.get(through) ?? new Map<Chain | Rule, ChainDecider>();
  evaluation.deciders.set(through, known);
  const found = known.get(rule ?? chain);
  if (found !== undefined) return found;
  const { engine, table, base } = through;
  const at: ChainPlace = {
    engine,
    table: { family: table.family, name: table.name },
    chain: chain.name,
    base,
    baseChain: through.chain.name,
  };
  const fresh: ChainDecider = rule === null ? { kind: "policy", at } : { kind: "rule", at, rule };
  known.set(rule ?? chain, fresh);
  return fresh;
}

export function findChain(evaluation: Evaluation, table: Table, name: string): Chain | undefined {
  const known = evaluation.names.get(table) ?? new Map(table.chains.map((chain) => [chain.name, chain]));
  evaluation.names.set(table, known);
  return known.get(name);
}

function findMarkMasks(ruleSets: readonly RuleSet[]): { markMask: number; connectionMarkMask: number } {
  let markMask = 0;
  let connectionMarkMask = 0;
  let copied = 0;
  const look = (match: Match): void => {
    if (match.kind === "either") for (const row of match.rows) row.forEach(look);
    if (match.kind !== "mark") return;
    if (match.which === "packet") markMask |= match.mask;
    else connectionMarkMask |= match.mask;
  };
  for (const { tables } of ruleSets) {
    for (const rule of tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules))) {
      rule.matches.forEach(look);
      if (rule.action.kind === "set-mark") copied |= rule.action.copied;
    }
  }
  if (markMask === 0 && connectionMarkMask === 0) return { markMask, connectionMarkMask };
  return { markMask: (markMask | copied) >>> 0, connectionMarkMask: (connectionMarkMask | copied) >>> 0 };
}
