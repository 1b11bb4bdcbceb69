/**
 * How systemd splits the value of `Environment=` into words: quotes and C escapes resolved, nothing expanded
 * (extract_first_word with CUNESCAPE and UNQUOTE). Works on bytes, because `\x` and octal escapes make bytes.
 */

/** The words up to the first fault; from there on systemd throws the line away. */
export interface ExtractedWords {
  readonly words: readonly ExtractedWord[];
  readonly fault: "unbalanced-quotes" | "unknown-escape" | null;
  /** The text from the faulty word on, as written; empty without a fault. */
  readonly rest: string;
}

export interface ExtractedWord {
  /** Null where the escapes in it do not come to valid UTF-8. */
  readonly text: string | null;
  /** The word as written, quotes and escapes included. */
  readonly written: string;
}

/** Splits one value. Never throws; takes time in proportion to its length. */
export function extractWords(value: string): ExtractedWords {
  const bytes = toByteText(value);
  const words: ExtractedWord[] = [];
  let at = skipSpaces(bytes, 0);
  while (at < bytes.length) {
    const word = readWord(bytes, at);
    if (word.fault !== null) {
      return { words, fault: word.fault, rest: fromByteText(bytes.slice(at)) ?? "" };
    }
    words.push({ text: fromByteText(word.text), written: fromByteText(bytes.slice(at, word.end)) ?? "" });
    at = skipSpaces(bytes, word.end);
  }
  return { words, fault: null, rest: "" };
}

interface Word {
  readonly text: string;
  readonly end: number;
  readonly fault: ExtractedWords["fault"];
}

function readWord(bytes: string, start: number): Word {
  const text: string[] = [];
  let quote: string | null = null;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes.charAt(at);
    if (byte === "\\") {
      const escape = readEscape(bytes, at + 1);
      if (escape === null) return { text: "", end: at, fault: "unknown-escape" };
      text.push(escape.text);
      at += 1 + escape.length;
      continue;
    }
    if (quote === null) {
      if (isSpace(byte)) break;
      if (byte === '"' || byte === "'") quote = byte;
      else text.push(byte);
    } else if (byte === quote) {
      quote = null;
    } else {
      text.push(byte);
    }
    at += 1;
  }
  return { text: text.join(""), end: at, fault: quote === null ? null : "unbalanced-quotes" };
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
  ["s", " "],
]);

/** What follows a backslash: the bytes it stands for and how many characters it takes. Null: no such escape. */
function readEscape(bytes: string, at: number): { readonly text: string; readonly length: number } | null {
  const kind = bytes.charAt(at);
  const simple = SIMPLE_ESCAPES.get(kind);
  if (simple !== undefined) return { text: simple, length: 1 };
  if (kind === "x") return readCode(bytes.slice(at + 1, at + 3), 2, /^[0-9a-fA-F]+$/, 16, toByte);
  if (kind === "u") return readCode(bytes.slice(at + 1, at + 5), 4, /^[0-9a-fA-F]+$/, 16, toUnit);
  if (kind === "U") return readCode(bytes.slice(at + 1, at + 9), 8, /^[0-9a-fA-F]+$/, 16, toCharacter);
  const octal = readCode(bytes.slice(at, at + 3), 3, /^[0-7]+$/, 8, toByte);
  return octal === null ? null : { text: octal.text, length: 3 };
}

function readCode(
  written: string,
  digits: number,
  pattern: RegExp,
  base: number,
  toText: (code: number) => string | null,
): { readonly text: string; readonly length: number } | null {
  if (written.length !== digits || !pattern.test(written)) return null;
  const code = Number.parseInt(written, base);
  const text = code === 0 ? null : toText(code);
  return text === null ? null : { text, length: 1 + digits };
}

function toByte(code: number): string | null {
  return code > 0xff ? null : String.fromCharCode(code);
}

function toCharacter(code: number): string | null {
  return code > 0x10ffff || isSurrogate(code) ? null : toByteText(String.fromCodePoint(code));
}

/** `\u` takes surrogates too, which are no characters: the word then is no UTF-8 and is thrown away alone. */
function toUnit(code: number): string {
  return isSurrogate(code) ? "\xff" : toByteText(String.fromCodePoint(code));
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function skipSpaces(bytes: string, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes.charAt(at))) at += 1;
  return at;
}

/** systemd's WHITESPACE; other blanks, such as a no-break space, belong to the word. */
export function isSpace(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A text with one character, U+0000 to U+00FF, for each UTF-8 byte. */
function toByteText(text: string): string {
  const characters: string[] = [];
  for (const byte of encoder.encode(text)) characters.push(String.fromCharCode(byte));
  return characters.join("");
}

function fromByteText(bytes: string): string | null {
  const numbers = Uint8Array.from({ length: bytes.length }, (_, index) => bytes.charCodeAt(index));
  try {
    return decoder.decode(numbers);
  } catch {
    return null;
  }
}
