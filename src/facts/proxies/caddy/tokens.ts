/** A word of a Caddyfile. */
export interface Token {
  readonly text: string;
  readonly line: number;
  /** In quotes: a brace in it is no block. */
  readonly quoted: boolean;
}

/**
 * Splits a Caddyfile into words as its lexer does: quotes and backticks, escapes, comments where a word begins,
 * continued lines, here-documents. `{$NAME:default}` becomes its default; without one it stays as written, for the
 * proxy's environment is not read. Linear time; never throws.
 */
export function splitTokens(text: string): readonly Token[] {
  const source = text.replaceAll(/\{\$(\w+):([^}\n]*)\}/g, (_whole, _name: string, fallback: string) => fallback);
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const character = source.charAt(at);
    if (/\s/.test(character)) {
      if (character === "\n") line += 1;
      at += 1;
    } else if (character === "#") {
      const end = source.indexOf("\n", at);
      at = end < 0 ? source.length : end;
    } else if (character === "\\" && /^\\\r?\n/.test(source.slice(at, at + 3))) {
      at = source.indexOf("\n", at) + 1; // the next line goes on with this one: its number stays
    } else {
      const read = readToken(source, at, line);
      tokens.push(read.token);
      line += source.slice(at, read.end).split("\n").length - 1;
      at = read.end;
    }
  }
  return tokens;
}

function readToken(source: string, start: number, line: number): { readonly token: Token; readonly end: number } {
  const quote = source.charAt(start);
  if (quote === '"' || quote === "`") {
    let at = start + 1;
    while (at < source.length && source.charAt(at) !== quote) at += quote === '"' && source.charAt(at) === "\\" ? 2 : 1;
    const written = source.slice(start + 1, at);
    const text = quote === '"' ? written.replaceAll('\\"', '"') : written;
    return { token: { text, line, quoted: true }, end: Math.min(at + 1, source.length) };
  }
  const [opening, marker] = /^<<([\w-]+)\r?\n/.exec(source.slice(start, start + 256)) ?? [];
  if (opening !== undefined && marker !== undefined) {
    const rest = source.slice(start + opening.length);
    const found = new RegExp(`^[ \\t]*${marker}\\b`, "m").exec(rest);
    const end = found === null ? rest.length : found.index;
    const text = rest.slice(0, Math.max(0, end - 1));
    return { token: { text, line, quoted: true }, end: start + opening.length + end + (found?.[0].length ?? 0) };
  }
  let at = start;
  while (at < source.length && !/\s/.test(source.charAt(at)))
    at += source.charAt(at) === "\\" && source.charAt(at + 1) === " " ? 2 : 1;
  return { token: { text: source.slice(start, at).replaceAll("\\ ", " "), line, quoted: false }, end: at };
}
