import type { AdvisoryFinding } from "../../judge/finding.ts";

/** Flaws that read alike: one line instead of one for each number a database gave them. */
export interface FlawGroup {
  readonly ids: readonly string[];
  readonly flaw: AdvisoryFinding;
  /** Where to read more; null where the number itself leads there (nvd.nist.gov). */
  readonly source: string | null;
}

/** Flaws by the places from which they can be used here, alike ones together, worst first. */
export function groupFlaws(
  flaws: readonly AdvisoryFinding[],
): readonly { readonly usableFrom: AdvisoryFinding["usableFrom"]; readonly groups: readonly FlawGroup[] }[] {
  const byPlace = Map.groupBy(flaws, ({ usableFrom }) => usableFrom.join(" "));
  return [...byPlace.values()].map((same) => ({
    usableFrom: same[0]?.usableFrom ?? [],
    groups: [
      ...Map.groupBy(same, ({ summary, fixed, certain }) => JSON.stringify([summary, fixed, certain])).values(),
    ].flatMap(toGroup),
  }));
}

function toGroup(alike: readonly AdvisoryFinding[]): FlawGroup[] {
  const [flaw] = alike;
  if (flaw === undefined) return [];
  const source = flaw.source.startsWith("https://nvd.nist.gov/") ? null : flaw.source;
  return [{ ids: alike.map(({ id }) => id), flaw, source }];
}
