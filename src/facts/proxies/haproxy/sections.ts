/** A line of a configuration of HAProxy. */
export interface HaproxyLine {
  /** Quotes and escapes resolved; the keyword first. */
  readonly words: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface Section {
  /** `global`, `defaults`, `frontend`, `listen`, `backend`, `userlist` and the like. */
  readonly kind: string;
  readonly name: string;
  readonly head: HaproxyLine;
  readonly lines: readonly HaproxyLine[];
}

const SECTIONS: ReadonlySet<string> = new Set(
  `global defaults frontend backend listen userlist peers resolvers mailers cache program http-errors ring
  log-forward fcgi-app crt-store traces acme`.split(/\s+/),
);

/** Splits a file into its sections (configuration manual, 2.1 and 2.2). Linear time; never throws. */
export function parseSections(text: string, file: string): readonly Section[] {
  const sections: { kind: string; name: string; head: HaproxyLine; lines: HaproxyLine[] }[] = [];
  for (const line of splitLines(text, file)) {
    const [kind = "", name = ""] = line.words;
    if (SECTIONS.has(kind)) sections.push({ kind, name, head: line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function splitLines(text: string, file: string): readonly HaproxyLine[] {
  return text.split("\n").flatMap((written, index): readonly HaproxyLine[] => {
    const words = splitWords(written);
    // `.if` and its kin choose lines by what only the program knows: every line counts.
    return words.length === 0 || /^\.(?:if|elif|else|endif|diag|notice|warning|alert)/.test(words[0] ?? "")
      ? []
      : [{ words, file, line: index + 1 }];
  });
}

function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "#") break;
    if (character === "\\") {
      const next = text.charAt(at + 1);
      word = `${word ?? ""}${/[\s\\#'"]/.test(next) ? next : `\\${next}`}`;
      at += 1;
    } else if (character === '"' || character === "'") {
      const end = findQuoteEnd(text, at);
      const inner = text.slice(at + 1, end);
      word = `${word ?? ""}${character === '"' ? inner.replaceAll(/\\(["\\$])/g, "$1") : inner}`;
      at = end;
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = `${word ?? ""}${character}`;
    }
  }
  return word === null ? words : [...words, word];
}

function findQuoteEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    if (quote === '"' && text.charAt(at) === "\\") at += 1;
    else if (text.charAt(at) === quote) return at;
  }
  return text.length;
}
