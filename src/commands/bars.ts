import type { UsageRow } from "../gateway/store/store.ts";
import type { TextOptions } from "../report/text.ts";

/** Eighths of a block, so that small differences show. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const LONGEST_BAR = 40;

/** Tokens of both directions. */
export function toTokens({ promptTokens, answerTokens }: Pick<UsageRow, "promptTokens" | "answerTokens">): number {
  return promptTokens + answerTokens;
}

/** Time from `since` to `until` in steps of an hour or a day, which begin where those of UTC do. */
export interface Span {
  readonly since: number;
  readonly until: number;
  readonly stepMs: number;
}

/**
 * A line for each step of time: when, a bar of its tokens, and their number; `most` is what the longest bar stands for.
 * Where lines are for a screen reader there is no bar, and a step without tokens is left out.
 */
export function toBars(
  rows: readonly UsageRow[],
  { since, until, stepMs }: Span,
  { width, linear }: TextOptions,
): { readonly bars: readonly string[]; readonly most: number } {
  const tokens = new Map<number, number>();
  for (let at = Math.floor(since / stepMs) * stepMs; at <= until; at += stepMs) tokens.set(at, 0);
  for (const row of rows) {
    const at = Math.floor(row.hour / stepMs) * stepMs;
    tokens.set(at, (tokens.get(at) ?? 0) + toTokens(row));
  }
  const most = [...tokens.values()].reduce((highest, each) => Math.max(highest, each), 0);
  const digits = String(most).length;
  const label = stepMs < 86_400_000 ? 16 : 10;
  const room = Math.max(1, Math.min(LONGEST_BAR, width - label - digits - 4));
  const bars = [...tokens].flatMap(([at, count]) => {
    const when = new Date(at).toISOString().slice(0, label).replace("T", " ");
    if (linear) return count === 0 ? [] : [`${when}: ${count}`];
    return [`${when}  ${String(count).padStart(digits)}  ${toBar(count, most, room)}`.trimEnd()];
  });
  return { bars, most };
}

function toBar(count: number, most: number, room: number): string {
  const eighths = most === 0 ? 0 : Math.max(count === 0 ? 0 : 1, Math.round((count / most) * room * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
