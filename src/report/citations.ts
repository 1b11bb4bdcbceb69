import type { Evidence } from "../facts/evidence.ts";
import { toPrintable } from "./printable.ts";

/** Numbers pieces of evidence, so that each is printed in full once and cited by number everywhere else. */
export interface Citations {
  /** The marks of some pieces of evidence in rising order, `[1] [4]`; a piece keeps its mark. */
  cite(evidence: readonly Evidence[]): string;
  /** The pieces cited for the first time since the last call, as lines. */
  takeNew(): string[];
}

const WIDEST_EVIDENCE = 400;

/** Citations that begin at [1]. */
export function toCitations(): Citations {
  const numbers = new Map<string, number>();
  let fresh: string[] = [];
  const toNumber = (line: string): number => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    const number = numbers.size + 1;
    numbers.set(line, number);
    fresh.push(`[${number}] ${line}`);
    return number;
  };
  return {
    cite(evidence) {
      const cited = new Set(evidence.map((each) => toNumber(toEvidenceLine(each))));
      return [...cited]
        .toSorted((a, b) => a - b)
        .map((number) => `[${number}]`)
        .join(" ");
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
