/** Compares field by field; text by code points, so that no locale changes a report. */
export function compareKeys(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  for (const [index, left] of one.entries()) {
    const right = other[index] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
