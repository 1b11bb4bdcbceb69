/** The name that shares most pairs of letters with what was typed; null where none shares half of them. */
export function toNearest<Name extends string>(typed: string, names: readonly Name[]): Name | null {
  const scored = names
    .map((name) => ({ name, score: toLikeness(typed.slice(0, 60).toLowerCase(), name) }))
    .toSorted((a, b) => b.score - a.score);
  const [best] = scored;
  return best !== undefined && best.score >= 0.5 ? best.name : null;
}

/** Sorensen-Dice over pairs of letters: 0 for nothing in common, 1 for the same. */
function toLikeness(a: string, b: string): number {
  const pairs = (text: string): ReadonlySet<string> =>
    new Set(Array.from(text, (_, index) => text.slice(index, index + 2)));
  const [left, right] = [pairs(a), pairs(b)];
  const shared = [...left].filter((pair) => right.has(pair)).length;
  return (2 * shared) / (left.size + right.size);
}
