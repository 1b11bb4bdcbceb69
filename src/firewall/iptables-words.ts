/** One word of a saved rule. A quoted word is never an option, whatever it looks like. */
export interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

/** An option with what follows it: `! --dport 80:90` is name `--dport`, negated, values `80:90`. */
export interface Option {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
}

/**
 * Splits a line of iptables-save(8) or `ipset save`: words are parted by blanks; a word in double quotes may hold
 * blanks, and a backslash before a quote or a backslash. An open quote ends with the line.
 */
export function splitWords(line: string): readonly Word[] {
  if (!line.includes('"')) return splitBlanks(line);
  const words: Word[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"?|\S+/g)) {
    const inside = match[1];
    if (inside === undefined) words.push({ text: match[0], quoted: false });
    else words.push({ text: inside.replaceAll(/\\(.)/g, "$1"), quoted: true });
  }
  return words;
}

/** Most lines have no quotes, and there are many of them. */
function splitBlanks(line: string): readonly Word[] {
  const words: Word[] = [];
  for (const text of line.split(/\s+/)) if (text !== "") words.push({ text, quoted: false });
  return words;
}

/** Options whose value is any text. The saver leaves out the quotes where it has no blanks, so it may be `-j`. */
const TAKES_TEXT: ReadonlySet<string> = new Set([
  "--comment",
  "--log-prefix",
  "--nflog-prefix",
  "--ulog-prefix",
  "--name",
  "--hashlimit-name",
  "--string",
  "--helper",
  "--label",
]);

/** Groups words into options. Words before the first option are left out. */
export function toOptions(words: readonly Word[]): readonly Option[] {
  const options: { name: string; negated: boolean; values: string[] }[] = [];
  let negated = false;
  for (const { text, quoted } of words) {
    const before = options.at(-1);
    if (before?.values.length === 0 && TAKES_TEXT.has(before.name)) {
      before.values.push(text);
    } else if (!quoted && text === "!") {
      negated = true;
    } else if (!quoted && /^-{1,2}[A-Za-z]/.test(text)) {
      options.push({ name: text, negated, values: [] });
      negated = false;
    } else {
      before?.values.push(text);
    }
  }
  return options;
}
