/** One word of a shell script. */
export interface ShellWord {
  /** Quotes and backslashes resolved; `$...` and backticks stand as written. */
  readonly value: string;
  readonly written: string;
  readonly line: number;
}

/** Words between two ends of a command: `;`, `&`, `|`, brackets, a line end. */
export type ShellCommand = readonly ShellWord[];

/**
 * Splits a shell script into simple commands, well enough for profiles: quotes, comments, continued lines,
 * command substitutions and here-documents. Syntax is not checked. Takes linear time and never throws.
 */
export function splitShellCommands(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: ShellWord[] = [];
  let documents: string[] = [];
  let line = 1;
  let at = 0;
  function endCommand(): void {
    if (words.length > 0) commands.push(words);
    words = [];
  }
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === "\n") {
      endCommand();
      const end = skipDocuments(text, at + 1, documents);
      documents = [];
      line += countLines(text, at, end);
      at = end;
    } else if (text.startsWith("\\\n", at)) {
      line += 1;
      at += 2;
    } else if (character === " " || character === "\t" || character === "\r") {
      at += 1;
    } else if (character === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (";&|()".includes(character)) {
      endCommand();
      at += 1;
    } else {
      const document = /^<<-?[ \t]*(["']?)([A-Za-z0-9_]+)\1/.exec(text.slice(at, at + 80));
      if (document !== null) documents.push(document[2] ?? "");
      const end = document === null ? findWordEnd(text, at) : at + document[0].length;
      const written = text.slice(at, end);
      words.push({ value: unquote(written), written, line });
      line += countLines(text, at, end);
      at = end;
    }
  }
  endCommand();
  return commands;
}

/** Position behind the bodies of the here-documents that begin at `from`. */
function skipDocuments(text: string, from: number, ends: readonly string[]): number {
  let at = from;
  for (const end of ends) {
    while (at < text.length) {
      const lineEnd = text.indexOf("\n", at);
      const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
      at = lineEnd < 0 ? text.length : lineEnd + 1;
      if (line.trim() === end) break;
    }
  }
  return at;
}

function countLines(text: string, from: number, to: number): number {
  return text.slice(from, to).split("\n").length - 1;
}

function findWordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const character = text.charAt(at);
    if (" \t\r\n;&|()".includes(character)) break;
    if (character === "\\") at += 2;
    else if (character === "'" || character === '"' || character === "`") at = findQuoteEnd(text, at);
    else if (text.startsWith("$(", at) || text.startsWith("${", at)) at = findBracketEnd(text, at + 1);
    else at += 1;
  }
  return Math.min(Math.max(at, start + 1), text.length);
}

function findQuoteEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== quote) at += quote !== "'" && text.charAt(at) === "\\" ? 2 : 1;
  return at + 1;
}

function findBracketEnd(text: string, start: number): number {
  const open = text.charAt(start);
  const close = open === "(" ? ")" : "}";
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "'" || character === '"') at = findQuoteEnd(text, at) - 1;
    else if (character === open) depth += 1;
    else if (character === close) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function unquote(written: string): string {
  const value: string[] = [];
  let quote: string | null = null;
  for (let at = 0; at < written.length; at += 1) {
    const character = written.charAt(at);
    const next = written.charAt(at + 1);
    if (quote === "'") {
      if (character === "'") quote = null;
      else value.push(character);
    } else if (character === "\\" && next !== "" && (quote === null || '"\\`$\n'.includes(next))) {
      if (next !== "\n") value.push(next);
      at += 1;
    } else if (character === "$" && (next === "(" || next === "{")) {
      const end = findBracketEnd(written, at + 1);
      value.push(written.slice(at, end));
      at = end - 1;
    } else if (character === quote) {
      quote = null;
    } else if (quote === null && (character === "'" || character === '"')) {
      quote = character;
    } else {
      value.push(character);
    }
  }
  return value.join("");
}
