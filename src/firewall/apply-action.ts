import { findChain, internState, type Evaluation } from "./evaluation.ts";
import type { BaseChain, PacketState } from "./packet-state.ts";
import type { Action, Chain, Doubt, MarkAction, RewriteAction } from "./rule-set.ts";
import { containsAddress } from "./source-set.ts";

/** What comes after a rule that matched. */
export type Next =
  /** The next rule, and nothing changed. */
  | { readonly kind: "stay" }
  | { readonly kind: "accept" | "drop" | "return" }
  /** The chain ends: the packet has another destination. */
  | { readonly kind: "rewritten"; readonly state: PacketState }
  /** The next rule, for a packet that is not the same any more. */
  | { readonly kind: "changed"; readonly state: PacketState }
  | { readonly kind: "jump"; readonly chain: Chain; readonly comesBack: boolean }
  | { readonly kind: "undecidable"; readonly doubt: Doubt };

/** What an action does with a packet in this state; `through` is the base chain on whose behalf it runs. */
export function applyAction(action: Action, state: PacketState, evaluation: Evaluation, through: BaseChain): Next {
  switch (action.kind) {
    case "accept":
    case "return":
    case "drop":
      return { kind: action.kind };
    case "reject":
      return { kind: "drop" };
    case "continue":
      return { kind: "stay" };
    case "jump":
    case "goto": {
      const chain = findChain(evaluation, through.table, action.chain);
      if (chain !== undefined) return { kind: "jump", chain, comesBack: action.kind === "jump" };
      return { kind: "undecidable", doubt: { why: "not-read", text: `the chain ${action.chain}` } };
    }
    case "set-mark":
      return toChanged(state, internState(evaluation, toMarked(action, state)));
    case "notrack":
      // Only what connection tracking has not seen yet can be kept from it.
      if (state.tracking === "unclear") {
        return { kind: "undecidable", doubt: { why: "moment", text: "the order of chains at the same priority" } };
      }
      if (state.tracking !== "before") return { kind: "stay" };
      return toChanged(state, internState(evaluation, { ...state, tracking: "untracked" }));
    case "dnat":
    case "redirect":
      return rewrite(action, state, evaluation, through);
    case "undecidable":
      return action;
  }
}

function toChanged(before: PacketState, after: PacketState): Next {
  return before === after ? { kind: "stay" } : { kind: "changed", state: after };
}

function toMarked(action: MarkAction, state: PacketState): PacketState {
  const { which, clear, flip, copied } = action;
  const own = which === "packet" ? state.mark : state.connectionMark;
  const other = which === "packet" ? state.connectionMark : state.mark;
  const mark = ((own & ~clear) ^ flip ^ (other & copied)) >>> 0;
  return which === "packet" ? { ...state, mark } : { ...state, connectionMark: mark };
}

/**
 * The destination after DNAT or REDIRECT. Of an address range any may be taken, unless it is one; a port that is
 * already in the wanted range stays. A redirected packet goes to the first address of the interface it came in by;
 * where that has none the kernel drops it.
 */
function rewrite(action: RewriteAction, state: PacketState, evaluation: Evaluation, through: BaseChain): Next {
  if (through.base.type !== "nat") {
    return { kind: "undecidable", doubt: { why: "not-understood", text: `${action.kind} outside of nat` } };
  }
  let destination = state.destination;
  if (action.kind === "redirect") {
    const here = toRedirected(state, evaluation);
    if (here === undefined) return { kind: "drop" };
    destination = here;
  } else if (action.address !== null) {
    if (action.address.family !== evaluation.around.family) return { kind: "stay" };
    const { firsts, lasts } = action.address;
    const single = firsts.length === 1 && firsts[0] === lasts[0] ? firsts[0] : undefined;
    destination = single ?? null;
  }
  const port = toPort(action, state.port);
  const rewritten = destination === null || port === null || destination !== state.destination || port !== state.port;
  return {
    kind: "rewritten",
    state: internState(evaluation, { ...state, destination, port, translated: true, rewritten }),
  };
}

function toPort({ port }: RewriteAction, now: number | null): number | null {
  if (port === null) return now;
  if (port.first === port.last) return port.first;
  return now !== null && port.first <= now && now <= port.last ? now : null;
}

/** Link-local destinations of IPv6 stay link-local, others get an address that is not. */
function toRedirected(state: PacketState, { around }: Evaluation): bigint | undefined {
  if (state.hook === "output") return around.loopbackAddress;
  if (around.family === 4) return around.inAddresses[0];
  const isLinkLocal = (value: bigint): boolean => containsAddress(around.linkLocal, value);
  const wanted = state.destination !== null && isLinkLocal(state.destination);
  return around.inAddresses.find((value) => isLinkLocal(value) === wanted) ?? around.inAddresses[0];
}
