import type { Partition } from "../../src/firewall/partition.ts";
import { isEmpty } from "../../src/firewall/source-set.ts";
import type { Case } from "./case.ts";
import { type Attempt, type Eyes, SILENCE_MS, SURE_SILENCE_MS } from "./eyes.ts";
import { loadCase, unloadCase } from "./load.ts";
import { predict, type Prediction } from "./predict.ts";
import type { Random } from "./random.ts";
import { chooseSources } from "./sources.ts";
import { findFate, findWrong, type Wrong } from "./trial.ts";
import type { Outcome } from "./try.ts";

/** How one case came out. */
export interface CaseOutcome {
  readonly connections: number;
  /** Tries that this machine cannot send. */
  readonly impossible: number;
  readonly wrong: readonly Wrong[];
  /** Of each way: the reasons why some of its sources are undecidable; empty where none is. */
  readonly doubts: readonly (readonly string[])[];
  /** First looks that a second one did not confirm: answered late, or refused after the door was opened. */
  readonly late: number;
}

/** One look in so many is a long one from the start, so that slowness is not taken for a stop. */
const LONG_LOOKS = 0.04;

/** Loads a case, judges it, tries it, and leaves the host empty again. */
export function tryCase(tried: Case, { eyes, random, limit, sabotage }: TrySettings): Promise<CaseOutcome> {
  return withCase(tried, sabotage, async (predictions) => {
    const knocks = predictions.flatMap(({ way, partition }) =>
      chooseSources(random, partition, tried, way, limit).map((source) => ({ way, source, partition })),
    );
    const outcomes = await eyes.look(knocks, random.chance(LONG_LOOKS) ? SURE_SILENCE_MS : SILENCE_MS);
    const suspects = knocks.filter((knock, index) => findKnockWrong(knock, outcomes[index]) !== null);
    const again = suspects.length === 0 ? [] : await eyes.lookAgain(suspects);
    const wrong = suspects.flatMap((knock, index) => findKnockWrong(knock, again[index]) ?? []);
    return {
      connections: knocks.length,
      impossible: outcomes.filter(({ kind }) => kind === "impossible").length,
      wrong,
      late: suspects.length - wrong.length,
      doubts: predictions.map(({ partition }) => toDoubts(partition)),
    };
  });
}

export interface TrySettings {
  readonly eyes: Eyes;
  readonly random: Random;
  /** Sources tried by each way. */
  readonly limit: number;
  readonly sabotage: boolean;
}

/** Loads a case, judges each of its ways, and leaves the host empty when `use` is done. */
export async function withCase<T>(
  tried: Case,
  sabotage: boolean,
  use: (predictions: readonly Prediction[]) => Promise<T>,
): Promise<T> {
  try {
    await loadCase(tried);
    return await use(await predict(tried, sabotage));
  } finally {
    await unloadCase(tried);
  }
}

interface Knock extends Attempt {
  readonly partition: Partition;
}

function findKnockWrong({ way, source, partition }: Knock, outcome: Outcome | undefined): Wrong | null {
  if (outcome === undefined) throw new Error("lab: a try without an outcome");
  return findWrong(way, source, findFate(partition, source), outcome);
}

function toDoubts({ undecidable }: Partition): readonly string[] {
  const real = undecidable.filter(({ sources }) => !isEmpty(sources));
  return [...new Set(real.map(({ doubt }) => `${doubt.why}: ${doubt.text}`))];
}
