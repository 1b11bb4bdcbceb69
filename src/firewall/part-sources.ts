import { formatAddress } from "./address.ts";
import type { Exit, Fate, Fates } from "./fates.ts";
import type { AdmittedPart, Arrival, Decider, Part, Partition, UndecidablePart } from "./partition.ts";
import type { Doubt } from "./rule-set.ts";
import { pushInterval } from "./source-set.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is said of the sources of one part, besides which they are. */
type Judged =
  | { readonly kind: "admitted"; readonly by: Decider; readonly arrival: Arrival }
  | { readonly kind: "stopped"; readonly by: Decider }
  | { readonly kind: "undecidable"; readonly by: Decider; readonly doubt: Doubt };

/** Gathers the runs into parts: one for each fate and what decided it, in the order of their first source. */
export function toPartition({ firsts, fates }: Fates, around: Surroundings): Partition {
  const { family } = around;
  const end = around.whole.lasts[0] ?? 0n;
  const judged = new Map<Fate, Gathered>();
  const groups = new Map<Decider, Gathered[]>();
  for (const [index, fate] of fates.entries()) {
    let group = judged.get(fate);
    if (group === undefined) {
      group = toGroup(groups, judgeFate(fate, around));
      judged.set(fate, group);
    }
    pushInterval(group.firsts, group.lasts, firsts[index] ?? 0n, (firsts[index + 1] ?? end + 1n) - 1n);
  }
  const admitted: AdmittedPart[] = [];
  const stopped: Part[] = [];
  const undecidable: UndecidablePart[] = [];
  for (const { judgement, ...intervals } of [...groups.values()].flat()) {
    const sources = { family, firsts: intervals.firsts, lasts: intervals.lasts };
    const { by } = judgement;
    if (judgement.kind === "admitted") admitted.push({ sources, by, arrival: judgement.arrival });
    else if (judgement.kind === "stopped") stopped.push({ sources, by });
    else undecidable.push({ sources, by, doubt: judgement.doubt });
  }
  return { family, admitted, stopped, undecidable };
}

interface Gathered {
  readonly judgement: Judged;
  readonly firsts: bigint[];
  readonly lasts: bigint[];
}

function toGroup(groups: Map<Decider, Gathered[]>, judgement: Judged): Gathered {
  const alike = groups.get(judgement.by) ?? [];
  groups.set(judgement.by, alike);
  const known = alike.find((group) => areSame(group.judgement, judgement));
  if (known !== undefined) return known;
  const fresh = { judgement, firsts: [], lasts: [] };
  alike.push(fresh);
  return fresh;
}

function areSame(one: Judged, other: Judged): boolean {
  if (one.kind === "admitted" && other.kind === "admitted") {
    const { hook, address, port, rewrittenBy } = one.arrival;
    const { arrival } = other;
    return (
      hook === arrival.hook &&
      address === arrival.address &&
      port === arrival.port &&
      rewrittenBy === arrival.rewrittenBy
    );
  }
  if (one.kind === "undecidable" && other.kind === "undecidable") return one.doubt === other.doubt;
  return one.kind === other.kind;
}

function judgeFate({ exits, doubted }: Fate, around: Surroundings): Judged {
  const [only] = exits;
  if (exits.length === 1 && only?.kind === "drop") return { kind: "stopped", by: only.by ?? NO_CHAIN };
  const passing = exits.filter((exit) => exit.kind === "accept");
  const stopping = exits.find((exit) => exit.kind === "drop");
  const passedBy = passing.at(-1)?.by ?? NO_CHAIN;
  if (passing.length === 0) return { kind: "stopped", by: stopping?.by ?? NO_CHAIN };
  if (stopping === undefined) return { kind: "admitted", by: passedBy, arrival: toArrival(passing, around) };
  const doubt = doubted?.doubt ?? { why: "too-complex", text: "several rules" };
  return { kind: "undecidable", by: doubted?.by ?? passedBy, doubt };
}

const NO_CHAIN: Decider = { kind: "no-chain" };

/** Where all of them end up; what they differ in is null. */
function toArrival(passing: readonly Exit[], { family }: Surroundings): Arrival {
  const [first, ...others] = passing.map(({ state, rewrittenBy }): Arrival => {
    const address = state.destination === null ? null : formatAddress({ family, value: state.destination });
    return { hook: state.hook === "input" ? "input" : "forward", address, port: state.port, rewrittenBy };
  });
  const arrival: Arrival = first ?? { hook: "input", address: null, port: null, rewrittenBy: null };
  return others.reduce(
    (sum, other): Arrival => ({
      hook: sum.hook === other.hook ? sum.hook : "forward",
      address: sum.address === other.address ? sum.address : null,
      port: sum.port === other.port ? sum.port : null,
      rewrittenBy: sum.rewrittenBy ?? other.rewrittenBy,
    }),
    arrival,
  );
}
