/** True for a line that goes on in the next one; blanks behind the backslash do not matter to pam_env. */
export function isContinued(line: string | null): boolean {
  return line !== null && /\\[ \t]*$/.test(line);
}

/** The line that may go on in the one at this index: readers leave comments out before they join lines. */
export function lastLineBefore(lines: readonly string[], index: number): string | null {
  return lines.slice(0, index).findLast((line) => !/^[ \t]*[#;]/.test(line)) ?? null;
}
