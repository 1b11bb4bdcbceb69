import type { Splice } from "../file-edit.ts";

/** A part of a text that goes, and what comes in its place. Offsets count from 0. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Edits of parts of lines as splices of whole lines. No edit may take in the end of a line; those of one line are done
 * together, and every other line stays.
 */
export function toSplices(text: string, edits: readonly TextEdit[]): readonly Splice[] {
  const sorted = edits.toSorted((one, other) => one.start - other.start);
  const byLine = Map.groupBy(sorted, ({ start }) => (start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1));
  return [...byLine].map(([lineStart, own]) => {
    const lineEnd = text.indexOf("\n", lineStart);
    const whole = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
    const line = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
    const edited = own.reduceRight((left, { start, end, text: put }) => {
      const [from, to] = [start - lineStart, end - lineStart];
      return left.slice(0, from) + put + left.slice(to);
    }, line);
    return { line: text.slice(0, lineStart).split("\n").length, removed: [line], inserted: edited.split("\n") };
  });
}
