/** Words that mean themselves in every POSIX shell. */
const PLAIN = /^[A-Za-z0-9_/.:,@%+=-]+$/;

/**
 * One word for a POSIX shell: whatever is in the text, the shell hands on exactly that text as one argument.
 * The only place where Portlock quotes. Throws on a NUL byte, which no argument can hold.
 */
export function quoteForShell(text: string): string {
  if (text.includes("\0")) throw new RangeError("a NUL byte cannot be an argument");
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command line as an administrator can paste it. */
export function formatCommand(words: readonly string[]): string {
  return words.map((word) => quoteForShell(word.replaceAll("\0", "�"))).join(" ");
}
