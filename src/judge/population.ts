import {
  fromCidr,
  intersectSets,
  isEmpty,
  parseCidr,
  subtractSets,
  toCidrs,
  toEmptySet,
  uniteSets,
  type SourceSet,
} from "../firewall/source-set.ts";
import type { Family } from "./addresses.ts";
import type { Passage } from "./packet-filter.ts";
import type { Vantage } from "./route.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** Sources that no packet from outside can have: the kernel drops it whatever the rules say. */
const NOBODY: Readonly<Record<Family, readonly string[]>> = {
  4: ["127.0.0.0/8", "224.0.0.0/4", "255.255.255.255"],
  6: ["::", "::1", "ff00::/8", "::ffff:0:0/96"],
};
/** Never sent on by a router. */
const OF_ONE_LINK: Readonly<Record<Family, readonly string[]>> = { 4: ["169.254.0.0/16"], 6: ["fe80::/10"] };

/**
 * The addresses somebody at that place can call from: those of the vantage, without the host's own, and for the
 * internet without those of the links, who have routes of their own.
 */
export function toPopulation(outsider: Outsider, wiring: Wiring): SourceSet {
  const { family, from } = outsider;
  const own = [...(wiring.holders?.keys() ?? [])];
  const onLinks =
    from.vantage === "internet"
      ? [
          ...OF_ONE_LINK[family],
          ...wiring.outsiders.flatMap((each) => (each.from.vantage === "internet" ? [] : each.from.sources)),
        ]
      : [];
  return subtractSets(toSet(family, from.sources), toSet(family, [...NOBODY[family], ...own, ...onLinks]));
}

/** Which of a vantage's sources are meant: all of them, those listed, or all but those listed. */
export function toSources(
  { from, family }: Outsider,
  population: SourceSet,
  part: SourceSet,
): Pick<Vantage, "sources" | "except"> {
  const others = subtractSets(population, part);
  if (isEmpty(others)) return { sources: from.sources, except: [] };
  const listed = toCidrs(part);
  const except = toCidrs(intersectSets(others, toSet(family, from.sources)));
  return listed.length <= except.length ? { sources: listed, except: [] } : { sources: from.sources, except };
}

/** A passage without the sources that others have told of already; null where nobody is left. */
export function subtractSources(
  outsider: Outsider,
  wiring: Wiring,
  passage: Passage,
  told: readonly Passage[],
): Passage | null {
  if (passage.sources === null) return null;
  const sources = told.reduce(
    (rest, each) => (each.sources === null ? rest : subtractSets(rest, each.sources)),
    passage.sources,
  );
  if (isEmpty(sources)) return null;
  const from = { ...passage.from, ...toSources(outsider, toPopulation(outsider, wiring), sources) };
  return { ...passage, from, sources };
}

function toSet(family: Family, cidrs: readonly string[]): SourceSet {
  let all = toEmptySet(family);
  for (const cidr of cidrs) {
    const set = parseCidr(cidr)?.family === family ? fromCidr(cidr) : null;
    if (set !== null) all = uniteSets(all, set);
  }
  return all;
}
