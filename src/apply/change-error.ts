import type { ChangeState } from "./journal.ts";

/** Why a change was not begun, not taken back or not confirmed, with what the sentence needs. Codes are stable. */
export interface ChangeTroubles {
  "not-root": object;
  /** The folder of changes could be written by others, or is none. */
  "state-folder-unsafe": { readonly path: string };
  "state-unreadable": { readonly path: string; readonly detail: string };
  /** Somebody else is changing this host, or taking a change back; null where it cannot be told which one. */
  "change-at-work": { readonly change: { readonly id: string; readonly begunAt: string } | null };
  /** An earlier change was cut off, waits to be confirmed, or cannot be read. */
  "change-unfinished": { readonly id: string; readonly state: ChangeState | "damaged" };
  /** Nothing was touched. */
  "change-not-begun": { readonly detail: string };
  /** The host no longer answers; it takes the change back by itself. */
  "change-cut-off": { readonly id: string; readonly detail: string };
  "no-such-change": { readonly id: string };
  "nothing-to-undo": object;
  "nothing-to-confirm": { readonly id: string | null };
  /** A later change touches the same things, and would be lost. */
  "later-change-first": { readonly id: string; readonly later: string };
}

export type ChangeTrouble = {
  readonly [Code in keyof ChangeTroubles]: { readonly code: Code; readonly data: ChangeTroubles[Code] };
}[keyof ChangeTroubles];

/** Thrown where the user can do something about it. */
export class ChangeError extends Error {
  override readonly name: string = "ChangeError";
  readonly trouble: ChangeTrouble;

  constructor(trouble: ChangeTrouble, options?: ErrorOptions) {
    super(trouble.code, options);
    this.trouble = trouble;
  }
}
