import type { Partition } from "../../src/firewall/partition.ts";
import { isEmpty } from "../../src/firewall/source-set.ts";
import type { Case, Way } from "./case.ts";
import type { Eyes } from "./eyes.ts";
import { loadCase, unloadCase } from "./load.ts";
import { predict } from "./predict.ts";
import type { Random } from "./random.ts";
import { chooseSources } from "./sources.ts";
import { findFate, findWrong, type Wrong } from "./trial.ts";
import type { Outcome, Try } from "./try.ts";
import type { Door } from "./world.ts";

/** How one case came out. */
export interface CaseOutcome {
  readonly connections: number;
  /** Tries that this machine cannot send. */
  readonly impossible: number;
  readonly wrong: readonly Wrong[];
  /** Of each way: the reasons why some of its sources are undecidable; empty where none is. */
  readonly doubts: readonly (readonly string[])[];
  /** A first look that a second, longer one did not confirm: the machine was too slow for the first. */
  readonly late: number;
}

/** How long an answer may take at first look, and at the second where the first was not what was predicted. */
export const SILENCE_MS = 60;
const SECOND_SILENCE_MS = 1_000;

/** Loads a case, judges it, tries it, and leaves the host empty again. */
export async function tryCase(
  tried: Case,
  { eyes, random, limit }: { readonly eyes: Eyes; readonly random: Random; readonly limit: number },
): Promise<CaseOutcome> {
  try {
    await loadCase(tried);
    const partitions = await predict(tried);
    const knocks = partitions.flatMap(({ way, partition }) =>
      chooseSources(random, partition, tried, way, limit).map((source) => ({ way, source, partition })),
    );
    const outcomes = await lookAll(knocks, (door, tries) => eyes.look(door, tries, SILENCE_MS));
    const suspects = knocks.filter((knock, index) => findKnockWrong(knock, outcomes[index]) !== null);
    const again = await lookAll(suspects, (door, tries) => eyes.lookTwice(door, tries, SECOND_SILENCE_MS));
    if (process.env["LATE"])
      suspects.forEach((k, i) => {
        if (findKnockWrong(k, again[i]) === null)
          console.error(
            "LATE",
            JSON.stringify(k.way),
            k.source,
            JSON.stringify(outcomes[knocks.indexOf(k)]),
            JSON.stringify(again[i]),
          );
      });
    const wrong = suspects.flatMap((knock, index) => findKnockWrong(knock, again[index]) ?? []);
    return {
      connections: knocks.length,
      impossible: outcomes.filter((outcome) => outcome?.kind === "impossible").length,
      wrong,
      late: suspects.length - wrong.length,
      doubts: partitions.map(({ partition }) => toDoubts(partition)),
    };
  } finally {
    await unloadCase(tried);
  }
}

interface Knock {
  readonly way: Way;
  readonly source: string;
  readonly partition: Partition;
}

type Look = (door: Door, tries: readonly Omit<Try, "sourcePort">[]) => Promise<readonly Outcome[]>;

async function lookAll(knocks: readonly Knock[], look: Look): Promise<readonly (Outcome | undefined)[]> {
  const found: (Outcome | undefined)[] = knocks.map(() => undefined);
  const byDoor = Map.groupBy(knocks.entries(), ([, { way }]) => way.door);
  await Promise.all(
    [...byDoor].map(async ([door, group]) => {
      const tries = group.map(([, { way, source }]) => ({ destination: way.destination, port: way.port, source }));
      const outcomes = await look(door, tries);
      for (const [position, [index]] of group.entries()) found[index] = outcomes[position];
    }),
  );
  return found;
}

function findKnockWrong({ way, source, partition }: Knock, outcome: Outcome | undefined): Wrong | null {
  if (outcome === undefined) throw new Error("lab: a try without an outcome");
  return findWrong(way, source, findFate(partition, source), outcome);
}

function toDoubts({ undecidable }: Partition): readonly string[] {
  const real = undecidable.filter(({ sources }) => !isEmpty(sources));
  return [...new Set(real.map(({ doubt }) => `${doubt.why}: ${doubt.text}`))];
}
