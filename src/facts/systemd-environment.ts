import type { EnvironmentAssignment } from "./environment-files.ts";
import { isSpace } from "./extract-words.ts";

/**
 * Assignments of a file that systemd reads: `EnvironmentFile=` of a unit, environment.d(5). Quotes only count
 * where the value begins, `#` only where a line begins; a backslash continues a line; nothing is expanded here,
 * although environment.d would. A comment that ends in a backslash ends there, as since systemd 254. Never throws.
 */
export function parseSystemdEnvironment(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  const found: EnvironmentAssignment[] = [];
  let line = 1;
  let counted = 0;
  for (let at = skipBlanks(text, 0); at < text.length;) {
    line += countLineEnds(text, counted, at);
    counted = at;
    const lineEnd = findLineEnd(text, at);
    const equals = at + text.slice(at, lineEnd).indexOf("=");
    if (text.charAt(at) === "#" || text.charAt(at) === ";" || equals < at) {
      at = skipBlanks(text, lineEnd);
      continue;
    }
    const { value, end } = readValue(text, equals + 1);
    const key = text.slice(at, equals).replace(/[ \t]+$/, "");
    const name = key.replace(/^export[ \t]+/, "");
    if (wanted.has(name)) {
      found.push({ name, value, line, exported: true, understood: name === key, text: text.slice(at, end).trim() });
    }
    at = skipBlanks(text, end);
  }
  return found;
}

function readValue(text: string, start: number): { readonly value: string; readonly end: number } {
  const value: string[] = [];
  let at = start;
  // Before the first plain character, blanks are skipped and quotes count.
  while (at < text.length && !isLineEnd(text.charAt(at))) {
    const character = text.charAt(at);
    if (character === "'" || character === '"') at = readQuoted(text, at, value);
    else if (isSpace(character)) at += 1;
    else return readPlain(text, at, value);
  }
  return { value: value.join(""), end: at };
}

/** Appends the quoted text; returns the position behind the closing quote, or the end of the file. */
function readQuoted(text: string, start: number, value: string[]): number {
  const quote = text.charAt(start);
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== quote) {
    const next = text.charAt(at + 1);
    if (quote === '"' && text.charAt(at) === "\\" && next !== "") {
      if (next !== "\n") value.push('"\\`$'.includes(next) ? next : `\\${next}`);
      at += 2;
    } else {
      value.push(text.charAt(at));
      at += 1;
    }
  }
  return at + 1;
}

function readPlain(text: string, start: number, value: string[]): { readonly value: string; readonly end: number } {
  let at = start;
  let kept = value.length;
  while (at < text.length && !isLineEnd(text.charAt(at))) {
    const character = text.charAt(at);
    if (character === "\\") {
      at += 1;
      if (at < text.length && !isLineEnd(text.charAt(at))) value.push(text.charAt(at));
      kept = value.length;
    } else {
      value.push(character);
      if (!isSpace(character)) kept = value.length;
    }
    at += 1;
  }
  return { value: value.slice(0, kept).join(""), end: at };
}

function isLineEnd(character: string): boolean {
  return character === "\n" || character === "\r";
}

function findLineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (isLineEnd(text.charAt(at))) return at;
  return text.length;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charAt(at))) at += 1;
  return at;
}

function countLineEnds(text: string, from: number, to: number): number {
  return text.slice(from, to).split("\n").length - 1;
}
