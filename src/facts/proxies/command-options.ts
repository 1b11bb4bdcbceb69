/** The values of an option, as `-c x`, `-cx`, `--config x` or `--config=x`. */
export function findOptions(words: readonly string[], ...names: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    for (const name of names) {
      if (word === name) return words.slice(index + 1, index + 2);
      if (name.startsWith("--") && word.startsWith(`${name}=`)) return [word.slice(name.length + 1)];
      if (!name.startsWith("--") && name.length === 2 && word.startsWith(name)) return [word.slice(2)];
    }
    return [];
  });
}
