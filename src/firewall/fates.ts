import type { Decider } from "./partition.ts";
import type { PacketState } from "./packet-state.ts";
import type { Doubt } from "./rule-set.ts";

/** One way in which a chain may end for a packet. */
export interface Exit {
  /** `stay`: the chain goes on with its next rule; `return`: it ended without a verdict. */
  readonly kind: "accept" | "drop" | "return" | "stay";
  readonly state: PacketState;
  /** Null: nothing was decided. */
  readonly by: Decider | null;
  readonly rewrittenBy: Decider | null;
}

/** The rule that could not be decided, and why. */
export interface Doubted {
  readonly by: Decider;
  readonly doubt: Doubt;
}

/** Every way in which it may end; with one exit it is certain, with several `doubted` says why. */
export interface Fate {
  readonly exits: readonly Exit[];
  readonly doubted: Doubted | null;
}

/**
 * The fates of all sources of a family: run `i` begins at `firsts[i]` and ends before the next one. The first
 * begins at 0.
 */
export interface Fates {
  readonly firsts: readonly bigint[];
  readonly fates: readonly Fate[];
}

/** The same fate for every source. */
export function toUniform(fate: Fate): Fates {
  return { firsts: [0n], fates: [fate] };
}

export function toCertain(exit: Exit): Fate {
  return { exits: [exit], doubted: null };
}

/**
 * Both may happen. Of two exits that come to the same the later one stands, for it is the one that decides in
 * the end: a packet that a doubtful rule may accept, and a later one accepts for sure, is accepted by the later one.
 */
export function mergeFates(earlier: Fate, later: Fate): Fate {
  const kept = earlier.exits.filter((exit) => !later.exits.some((other) => areAlike(exit, other)));
  const exits = kept.length === 0 ? later.exits : [...kept, ...later.exits];
  return { exits, doubted: exits.length === 1 ? null : (earlier.doubted ?? later.doubted) };
}

/** Whether two exits come to the same. A packet that was dropped has no state any more. */
function areAlike(one: Exit, other: Exit): boolean {
  return one.kind === other.kind && (one.kind === "drop" || one.state === other.state);
}

/** Looks up, for a source, which run it is in. */
export function findRun(firsts: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const first = firsts[middle];
    if (first !== undefined && first <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * What follows: every exit that `follow` maps to fates is replaced by them, the others stay. What comes of one fate
 * is worked out once as long as what follows is the same for every source, so large sets cost little here.
 */
export function composeFates(before: Fates, follow: (exit: Exit) => Fates | null): Fates {
  const followed = new Map<Exit, Fates | null>();
  const followOnce = (exit: Exit): Fates | null => {
    const known = followed.get(exit);
    if (known !== undefined) return known;
    const fresh = follow(exit);
    followed.set(exit, fresh);
    return fresh;
  };
  /** By fate; null where it differs by source. */
  const replaced = new Map<Fate, Fate | null>();
  const joined: Joined = new Map();
  const firsts: bigint[] = [];
  const fates: Fate[] = [];
  for (const [index, fate] of before.fates.entries()) {
    const first = before.firsts[index] ?? 0n;
    let whole = replaced.get(fate);
    if (whole === undefined) {
      const nexts = fate.exits.map(followOnce);
      const uniform = nexts.every((next) => next === null || next.firsts.length === 1);
      whole = !uniform ? null : nexts.every((next) => next === null) ? fate : followFate(fate, nexts, 0n, joined);
      replaced.set(fate, whole);
    }
    if (whole !== null) {
      pushRun(firsts, fates, first, whole);
      continue;
    }
    const end = before.firsts[index + 1];
    const [exit, ...others] = fate.exits;
    const next = exit === undefined ? null : followOnce(exit);
    if (exit !== undefined && next !== null && others.length === 0) {
      for (let run = findRun(next.firsts, first); run < next.firsts.length; run++) {
        const start = next.firsts[run] ?? first;
        const after = next.fates[run];
        if (after === undefined || (end !== undefined && start >= end)) break;
        pushRun(firsts, fates, start > first ? start : first, joinFates(exit, fate, after, joined));
      }
      continue;
    }
    const nexts = fate.exits.map(followOnce);
    for (const start of toStarts(nexts, first, end)) {
      pushRun(firsts, fates, start, followFate(fate, nexts, start, joined));
    }
  }
  return { firsts, fates };
}

/** What one fate followed by another comes to, as far as it was worked out. */
type Joined = Map<Fate, Map<Fate, Fate>>;

/** Where the runs of what follows begin, from `first` up to `end`, which is not included. */
function toStarts(nexts: readonly (Fates | null)[], first: bigint, end: bigint | undefined): readonly bigint[] {
  const starts: bigint[] = [first];
  for (const next of nexts) {
    if (next === null) continue;
    for (let run = findRun(next.firsts, first) + 1; run < next.firsts.length; run++) {
      const start = next.firsts[run];
      if (start === undefined || (end !== undefined && start >= end)) break;
      starts.push(start);
    }
  }
  const many = nexts.filter((next) => next !== null).length > 1;
  if (!many) return starts;
  return [...new Set(starts.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)))];
}

/** What comes of one fate for the sources of one run. `joined` keeps what was worked out before. */
function followFate(fate: Fate, nexts: readonly (Fates | null)[], source: bigint, joined: Joined): Fate {
  let result: Fate | null = null;
  for (const [index, exit] of fate.exits.entries()) {
    const next = nexts[index] ?? null;
    const after = next?.fates[next.firsts.length === 1 ? 0 : findRun(next.firsts, source)];
    const part =
      after === undefined ? toCertain(exit) : joinFates(exit, fate.exits.length === 1 ? fate : null, after, joined);
    result = result === null ? part : mergeFates(result, part);
  }
  if (result === null) return fate;
  return result.exits.length === 1 ? result : { ...result, doubted: fate.doubted ?? result.doubted };
}

function joinFates(exit: Exit, alone: Fate | null, after: Fate, joined: Joined): Fate {
  const known = alone === null ? undefined : joined.get(alone)?.get(after);
  if (known !== undefined) return known;
  const exits = after.exits.map((each) => inherit(exit, each));
  const fresh = exits.every((each, index) => each === after.exits[index]) ? after : { exits, doubted: after.doubted };
  if (alone !== null) {
    const row = joined.get(alone) ?? new Map<Fate, Fate>();
    joined.set(alone, row.set(after, fresh));
  }
  return fresh;
}

/** What an earlier exit hands on to a later one: who changed the destination, and who let the packet pass. */
function inherit(before: Exit, after: Exit): Exit {
  const rewrittenBy = after.rewrittenBy ?? before.rewrittenBy;
  const by = after.kind === "drop" || toWeight(after.by) >= toWeight(before.by) ? after.by : before.by;
  return by === after.by && rewrittenBy === after.rewrittenBy ? after : { ...after, by, rewrittenBy };
}

/**
 * Of all that let a packet pass, the one to name: a rule rather than a policy, and a chain that filters (input,
 * forward) rather than one on the way to it.
 */
function toWeight(decider: Decider | null): number {
  if (decider === null || decider.kind === "no-chain" || decider.kind === "routing") return 0;
  const filters = decider.at.base.type !== "nat" && /^(input|forward)$/.test(decider.at.base.hook);
  return (filters ? 3 : 1) + (decider.kind === "rule" ? 1 : 0);
}

/** Appends a run, joined with the one before where the fate is the very same. */
export function pushRun(firsts: bigint[], fates: Fate[], first: bigint, fate: Fate): void {
  if (fates.length > 0 && fates[fates.length - 1] === fate) return;
  firsts.push(first);
  fates.push(fate);
}
