import { isSpace } from "./extract-words.ts";

/** One `key=value` of a unit file, continuations joined. */
export interface LogicalLine {
  /** 1-based line on which it begins. */
  readonly line: number;
  /** Section it stands in, without brackets; null before the first one. */
  readonly section: string | null;
  readonly key: string;
  readonly value: string;
  /** True behind a line at which systemd gives the file up: a broken section header, invalid UTF-8. */
  readonly unread: boolean;
}

/**
 * The assignments of a unit file as config_parse of systemd 252 sees them: comments only where `#` or `;`
 * begins a line, also between continued lines; a backslash at the end continues; blanks around are dropped.
 */
export function logicalLines(text: string): readonly LogicalLine[] {
  const found: LogicalLine[] = [];
  let section: string | null = null;
  let unread = false;
  for (const { line, text: joined } of joinContinuations(text)) {
    const content = strip(joined);
    if (content === "") continue;
    // The door replaces bytes that are no UTF-8; systemd gives the file up there.
    if (content.includes("\uFFFD")) unread = true;
    if (content.startsWith("[")) {
      if (!content.endsWith("]")) unread = true;
      section = content.endsWith("]") ? content.slice(1, -1) : content.slice(1);
      continue;
    }
    const equals = content.indexOf("=");
    if (equals < 1) continue;
    const key = strip(content.slice(0, equals));
    found.push({ line, section, key, value: strip(content.slice(equals + 1)), unread });
  }
  return found;
}

interface JoinedLine {
  readonly line: number;
  readonly text: string;
}

function joinContinuations(text: string): readonly JoinedLine[] {
  const joined: JoinedLine[] = [];
  let parts: string[] = [];
  let first = 1;
  let number = 0;
  for (const physical of text.replace(/^\uFEFF/, "").split(LINE_END)) {
    number += 1;
    if (isComment(physical)) continue;
    if (parts.length === 0) first = number;
    if (endsInBackslash(physical)) {
      parts.push(`${physical.slice(0, -1)} `);
      continue;
    }
    joined.push({ line: first, text: parts.join("") + physical });
    parts = [];
  }
  if (parts.length > 0) joined.push({ line: first, text: parts.join("") });
  return joined;
}

/** read_line of systemd: each pair of different ends is one, and NUL ends a line too. */
const LINE_END = /(?:\n\r?|\r\n?)?\0|\n\r?|\r\n?/;

function isComment(line: string): boolean {
  const first = strip(line).charAt(0);
  return first === "#" || first === ";";
}

function endsInBackslash(line: string): boolean {
  let backslashes = 0;
  while (line.charAt(line.length - 1 - backslashes) === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charAt(start))) start += 1;
  while (end > start && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
