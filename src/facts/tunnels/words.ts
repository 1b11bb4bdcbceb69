/** Command lines of tunnels. They hold tokens and passwords: only what is asked for here leaves them. */

/** The value of an option, `--name value` or `--name=value`, with one dash or two; null where it is not given. */
export function valueOf(words: readonly string[], ...names: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    const [, name, , value] = /^--?([\w-]+)(=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !names.includes(name)) continue;
    const given = value ?? words[index + 1];
    if (given !== undefined) return given;
  }
  return null;
}

export function hasOption(words: readonly string[], ...names: readonly string[]): boolean {
  return words.some((word) => names.includes(/^--?([\w-]+)(?:=.*)?$/s.exec(word)?.[1] ?? ""));
}

/** The words that are neither options nor, as far as can be told, values of options. */
export function plainWords(words: readonly string[], switches: ReadonlySet<string>): readonly string[] {
  return words.filter((word, index) => {
    if (word.startsWith("-")) return false;
    const before = words[index - 1] ?? "";
    return (
      !before.startsWith("-") || before === "--" || before.includes("=") || switches.has(before.replace(/^--?/, ""))
    );
  });
}
