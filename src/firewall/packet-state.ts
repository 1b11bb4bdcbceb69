import type { Base, Chain, Hook, RuleSet, Table } from "./rule-set.ts";

/** A base chain with all that is needed to name it. */
export interface BaseChain {
  readonly engine: RuleSet["engine"];
  readonly table: Table;
  readonly chain: Chain;
  readonly base: Base;
}

/**
 * What is known of the packet besides its source, at one place of its way. Rules may change it, so one packet's
 * sources may come to differ in it.
 */
export interface PacketState {
  readonly hook: Hook;
  /** Null: a rule changed it to one of several. */
  readonly destination: bigint | null;
  readonly port: number | null;
  /** Of the marks only the bits that some rule asks for. */
  readonly mark: number;
  readonly connectionMark: number;
  /** `before`: connection tracking has not seen the packet yet; `unclear`: a chain hooked in at the very same place. */
  readonly tracking: "before" | "unclear" | "new" | "untracked";
  /** Whether a rule of a nat chain settled the destination; the others are then not asked. */
  readonly translated: boolean;
  /** Whether that changed it. */
  readonly rewritten: boolean;
  /** Empty where the packet has none yet; null: not known. */
  readonly inInterface: string;
  readonly outInterface: string | null;
}

/** Two states with the same key are the same. */
export function toStateKey(state: PacketState): string {
  const { destination, port, mark, connectionMark, tracking, rewritten, translated, hook } = state;
  const fixed = `${destination}|${port}|${mark}|${connectionMark}|${tracking}|${rewritten}|${translated}|${hook}`;
  return `${fixed}|${JSON.stringify([state.inInterface, state.outInterface])}`;
}
