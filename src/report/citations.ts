import type { Evidence } from "../facts/evidence.ts";
import { toPrintable } from "./printable.ts";

/** Numbers pieces of evidence, so that each is printed in full once and cited by number everywhere else. */
export interface Citations {
  /** The mark of one piece of evidence, `[1]`; the same piece keeps its mark. */
  cite(evidence: Evidence): string;
  /** The pieces cited for the first time since the last call, as lines. */
  takeNew(): string[];
}

const WIDEST_EVIDENCE = 400;

/** Citations that begin at [1]. */
export function toCitations(): Citations {
  const marks = new Map<string, string>();
  let fresh: string[] = [];
  return {
    cite(evidence) {
      const line = toEvidenceLine(evidence);
      const known = marks.get(line);
      if (known !== undefined) return known;
      const mark = `[${marks.size + 1}]`;
      marks.set(line, mark);
      fresh.push(`${mark} ${line}`);
      return mark;
    },
    takeNew() {
      const lines = fresh;
      fresh = [];
      return lines;
    },
  };
}

function toEvidenceLine({ from, line, text }: Evidence): string {
  const place = toPrintable(from, WIDEST_EVIDENCE) + (line === undefined ? "" : `:${line}`);
  return text === "" ? place : `${place}: ${toPrintable(text.trim(), WIDEST_EVIDENCE)}`;
}
