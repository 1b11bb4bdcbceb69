import type { Plan } from "../plan/plan.ts";

/**
 * What really happened, `portlock.journal/1`: read back from the folder of a change on the host, so that whoever
 * comes later sees the same, also where Portlock itself was killed.
 */
export interface Journal {
  readonly schema: "portlock.journal/1";
  /** Name of the change, for example `20261128T060102Z-3f9a`: sorts by time. */
  readonly id: string;
  readonly state: ChangeState;
  /** Until when it must be confirmed, ISO 8601, UTC; null where it needs no confirmation, or has it. */
  readonly confirmBy: string | null;
  readonly plan: Plan;
  readonly events: readonly JournalEvent[];
}

/**
 * `applying`: at work, or cut off and about to be taken back; `waiting`: done, and taken back unless it is confirmed;
 * `applied`; `undoing`; `undone`: everything is as it was; `undo-failed`: something could not be taken back.
 */
export type ChangeState = "applying" | "waiting" | "applied" | "undoing" | "undone" | "undo-failed";

/** One line of the journal. `step` counts from 1. */
export interface JournalEvent {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: EventKind;
  readonly step: number | null;
  /** What a tool said, or why; null where there is nothing to add. */
  readonly detail: string | null;
}

export type EventKind =
  | "begun"
  | "armed"
  | "step-begun"
  | "step-done"
  | "step-failed"
  | "verified"
  | "not-verified"
  | "waiting"
  | "confirmed"
  | "applied"
  | "undo-begun"
  | "step-undone"
  | "undo-step-failed"
  | "undone"
  | "undo-failed";

/** All changes that were begun on a host, oldest first. */
export interface History {
  readonly journals: readonly Journal[];
  readonly damaged: readonly DamagedChange[];
}

/** A change whose folder does not hold what it should: it is told, and nothing is concluded from it. */
export interface DamagedChange {
  readonly id: string;
  readonly part: DamagedPart;
}

export type DamagedPart = "state" | "plan" | "journal";
