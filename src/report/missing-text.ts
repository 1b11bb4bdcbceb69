import { toPrintable } from "./printable.ts";
import type { Missing } from "./report.ts";
import type { Words } from "./words/words.ts";

/** Places named of one kind of fact that could not be read. */
const MOST_PLACES = 3;

/** Facts that failed alike, in one line: without root a host may hide hundreds of files. */
export function toMissingText(alike: readonly Missing[], words: Words): string {
  const [first] = alike;
  if (first === undefined) return "";
  const name = words.facts[first.fact] ?? toPrintable(first.fact, 40);
  const places = [...new Set(alike.map(toPlace))];
  const shown = places.slice(0, MOST_PLACES);
  const more = places.length > shown.length ? [words.more(places.length - shown.length)] : [];
  return words.labelled(name, words.join([words.whys[first.why], ...shown, ...more]));
}

/** Where a fact was looked for, with what was said there unless that only repeats the place and the reason. */
function toPlace({ from, detail, why }: Missing): string {
  const repeats = why === "denied" && detail?.includes(from) === true;
  return toPrintable(from, 120) + (detail === null || repeats ? "" : ` (${toPrintable(detail, 120)})`);
}
