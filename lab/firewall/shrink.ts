import type { Case, Input, Line } from "./case.ts";

/**
 * Takes lines and conditions away from a case as long as `isStillWrong`; what remains is needed for it to be
 * wrong. Tries at most `tries` smaller cases.
 */
export async function shrinkCase(
  failed: Case,
  isStillWrong: (smaller: Case) => Promise<boolean>,
  tries = 150,
): Promise<Case> {
  let left = tries;
  let smallest = failed;
  for (let share = countRemovable(smallest); share >= 1 && left > 0;) {
    const before = smallest;
    for (let at = 0; at < countRemovable(smallest) && left > 0;) {
      const candidate = without(smallest, at, share);
      left -= 1;
      if (await isStillWrong(candidate)) smallest = candidate;
      else at += share;
    }
    if (share > 1 || smallest === before) share = share === 1 ? 0 : Math.ceil(share / 2);
  }
  return smallest;
}

/** Everything that may go, in order: each line that is not needed, then each condition of such a line. */
function countRemovable({ inputs }: Case): number {
  const lines = inputs.flatMap((input) => input.lines).filter(({ needed }) => !needed);
  return lines.length + lines.reduce((sum, { words }) => sum + Math.max(0, words.length - 2), 0);
}

function without(tried: Case, at: number, share: number): Case {
  let position = 0;
  const goes = (): boolean => {
    const here = position;
    position += 1;
    return here >= at && here < at + share;
  };
  const kept = tried.inputs.map((input): Input => ({
    ...input,
    lines: input.lines.filter((line) => line.needed || !goes()),
  }));
  // Conditions are counted after all lines of the case as it was, so removing lines never removes conditions too.
  const lineCount = tried.inputs.flatMap((input) => input.lines).filter(({ needed }) => !needed).length;
  position = Math.max(position, lineCount);
  const inputs = kept.map((input): Input => ({ ...input, lines: input.lines.map((line) => withoutWords(line, goes)) }));
  return { ...tried, inputs };
}

function withoutWords(line: Line, goes: () => boolean): Line {
  if (line.needed) return line;
  const words = line.words.filter((_, index) => index === 0 || index === line.words.length - 1 || !goes());
  return words.length === line.words.length ? line : { ...line, words };
}
