/**
 * Whether a server of this version has what came with `since`. Builds from source call themselves `0.0.0`
 * and have everything; so does a text that is no version.
 */
export function isAtLeast(version: string, since: string): boolean {
  const have = toNumbers(version);
  const want = toNumbers(since);
  if (have === null || want === null || have.every((part) => part === 0)) {
    return true;
  }
  for (const [index, part] of want.entries()) {
    const difference = (have[index] ?? 0) - part;
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return true;
}

function toNumbers(version: string): readonly number[] | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match === null ? null : match.slice(1, 4).map(Number);
}
