import { SEVERITIES, type AdvisoryFinding } from "../../judge/finding.ts";
import type { Server } from "../../judge/server.ts";

/** Flaws that read alike: one line instead of one for each number a database gave them. */
export interface FlawGroup {
  readonly ids: readonly string[];
  readonly flaw: AdvisoryFinding;
  /** Where to read more; null where the number itself leads there (nvd.nist.gov). */
  readonly source: string | null;
}

/** The flaws that a text tells of, and the numbers of those it leaves to the JSON document. */
export interface ChosenFlaws {
  /** By the places from which they can be used here. */
  readonly places: readonly {
    readonly usableFrom: AdvisoryFinding["usableFrom"];
    readonly groups: readonly FlawGroup[];
  }[];
  readonly left: readonly string[];
}

/** So many are all told; of more, so few that they are read. */
const MOST = 5;
const FEW = 3;

/** Flaws to tell of, alike ones together, worst first. */
export function chooseFlaws(flaws: readonly AdvisoryFinding[]): ChosenFlaws {
  const alike = Map.groupBy(flaws, ({ summary, fixed, certain, usableFrom }) =>
    JSON.stringify([summary, fixed, certain, usableFrom]),
  );
  const groups = [...alike.values()]
    .flatMap(toGroup)
    .toSorted((one, other) => SEVERITIES.indexOf(one.flaw.severity) - SEVERITIES.indexOf(other.flaw.severity));
  const told = groups.length > MOST ? groups.slice(0, FEW) : groups;
  const byPlace = Map.groupBy(told, ({ flaw }) => flaw.usableFrom.join(" "));
  return {
    places: [...byPlace.values()].map((same) => ({ usableFrom: same[0]?.flaw.usableFrom ?? [], groups: same })),
    left: groups.slice(told.length).flatMap(({ ids }) => ids),
  };
}

/** Whether somebody there was seen to get in; of everybody else it is only not ruled out. A registry waits for a pull. */
export function isSeen(place: AdvisoryFinding["usableFrom"][number], server: Server | null): boolean {
  if (server === null || place === "registry") return true;
  return server.routes.some(({ from, verdict }) => from.vantage === place && verdict === "open");
}

function toGroup(alike: readonly AdvisoryFinding[]): FlawGroup[] {
  const [flaw] = alike;
  if (flaw === undefined) return [];
  const source = flaw.source.startsWith("https://nvd.nist.gov/") ? null : flaw.source;
  return [{ ids: alike.map(({ id }) => id), flaw, source }];
}
