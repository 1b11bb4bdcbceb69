import type { ChangeState, DamagedPart, EventKind } from "../../apply/journal.ts";

/** What is told of changes that were made, in one language. What came from the host is made printable. */
export interface JournalWords {
  readonly nothing: string;
  readonly headings: Readonly<Record<"id" | "begunAt" | "state" | "changed", string>>;
  readonly states: Readonly<Record<ChangeState, string>>;
  /**
   * How one change stands, in sentences: what it means, and what to do. The command that does it follows on a line of
   * its own. `confirmBy`: ISO 8601, UTC.
   */
  outcome(state: ChangeState, id: string, confirmBy: string | null): string;
  /** A step that failed, or that could not be taken back. `step` counts from 1; null: none of them. */
  stepFailed(step: number | null, detail: string): string;
  undoFailed(step: number | null, detail: string): string;
  /** A line of a journal, in a few words. */
  readonly events: Readonly<Record<EventKind, string>>;
  /** `step` counts from 1. */
  ofStep(event: string, step: number): string;
  damaged(id: string, part: DamagedPart): string;
}
