/** One directive of nginx(8) with what stands in its braces. */
export interface Directive {
  readonly name: string;
  /** Quotes and escapes resolved. */
  readonly values: readonly string[];
  /** Null: it ends with a semicolon. That of a Lua block is empty. */
  readonly block: readonly Directive[] | null;
  readonly file: string;
  readonly line: number;
}

interface Word {
  readonly text: string;
  readonly line: number;
  /** A word, or one of `;`, `{` and `}` outside of quotes. */
  readonly kind: "word" | ";" | "{" | "}";
}

const DEEPEST = 64;

/**
 * Reads a configuration file of nginx as its own reader does (ngx_conf_read_token): quotes count where a word
 * begins, a brace behind `$` belongs to the word, Lua in braces is no configuration. `fault` is the line at which
 * the text is not understood; what stands before it is there all the same. Linear time; never throws.
 */
export function parseDirectives(
  text: string,
  file: string,
): { readonly directives: readonly Directive[]; readonly fault: number | null } {
  const root: Directive[] = [];
  const open: Directive[][] = [root];
  let words: Word[] = [];
  let fault: number | null = null;
  const reader = { text, at: 0, line: 1 };
  for (let word = readWord(reader); word !== null; word = readWord(reader)) {
    const level = open.at(-1);
    const [name, ...values] = words;
    if (word === "unclosed" || level === undefined) {
      fault = reader.line;
      break;
    }
    if (word.kind === "word") {
      words.push(word);
      continue;
    }
    if ((word.kind === "}") !== (name === undefined) || (word.kind === "}" && open.length === 1)) {
      fault = word.line;
      break;
    }
    words = [];
    if (name === undefined) {
      open.pop();
      continue;
    }
    const block: Directive[] | null = word.kind === "{" ? [] : null;
    level.push({ name: name.text, values: values.map((value) => value.text), block, file, line: name.line });
    if (block === null) continue;
    if (name.text.endsWith("_by_lua_block")) skipLua(reader);
    else if (open.length > DEEPEST) {
      fault = word.line;
      break;
    } else open.push(block);
  }
  if (fault === null && (words.length > 0 || open.length > 1)) fault = reader.line;
  return { directives: root, fault };
}

interface Reader {
  readonly text: string;
  at: number;
  line: number;
}

function readWord(reader: Reader): Word | "unclosed" | null {
  skipBlanks(reader);
  const { text, line } = reader;
  const first = text.charAt(reader.at);
  if (first === "") return null;
  if (first === ";" || first === "{" || first === "}") {
    reader.at += 1;
    return { text: first, line, kind: first };
  }
  if (first === '"' || first === "'") return readQuoted(reader, first);
  const start = reader.at;
  let at = start;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === "$" && text.charAt(at + 1) === "{") at += 1;
    else if (/[\s;{]/.test(character)) break;
    at += 1;
  }
  at = Math.min(at, text.length);
  reader.at = at;
  const written = text.slice(start, at);
  reader.line += countLines(written);
  return { text: unescape(written), line, kind: "word" };
}

function readQuoted(reader: Reader, quote: string): Word | "unclosed" {
  const { text, line } = reader;
  const start = reader.at + 1;
  let at = start;
  while (at < text.length && text.charAt(at) !== quote) at += text.charAt(at) === "\\" ? 2 : 1;
  if (at >= text.length) {
    reader.at = text.length;
    return "unclosed";
  }
  reader.at = at + 1;
  const written = text.slice(start, at);
  reader.line += countLines(written);
  // A parenthesis may follow at once, as in `if ($a = "b")`; it belongs to the word.
  const closing = /^\)+/.exec(text.slice(reader.at, reader.at + 8))?.[0] ?? "";
  reader.at += closing.length;
  if (/[^\s;{]/.test(text.charAt(reader.at))) return "unclosed";
  return { text: unescape(written) + closing, line, kind: "word" };
}

function skipBlanks(reader: Reader): void {
  const { text } = reader;
  while (reader.at < text.length) {
    const character = text.charAt(reader.at);
    if (character === "#") {
      const end = text.indexOf("\n", reader.at);
      reader.at = end < 0 ? text.length : end;
    } else if (/\s/.test(character) || character === "\uFEFF") {
      if (character === "\n") reader.line += 1;
      reader.at += 1;
    } else return;
  }
}

/** Lua up to its closing brace: strings and comments of it may hold braces. */
function skipLua(reader: Reader): void {
  const { text } = reader;
  const parts =
    /--\[(=*)\[[\s\S]*?\]\1\]|--[^\n]*|\[(=*)\[[\s\S]*?\]\2\]|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|[{}]/g;
  parts.lastIndex = reader.at;
  let depth = 1;
  for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
    if (part[0] === "{") depth += 1;
    if (part[0] === "}") depth -= 1;
    if (depth === 0) break;
  }
  const end = depth === 0 ? parts.lastIndex : text.length;
  reader.line += countLines(text.slice(reader.at, end));
  reader.at = end;
}

function unescape(written: string): string {
  const controls: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n" };
  return written.replaceAll(/\\(["'\\trn])/g, (_whole, character: string) => controls[character] ?? character);
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
