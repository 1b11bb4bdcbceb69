import type { ChangeState } from "./journal.ts";

/** Why a change was not begun, not taken back or not confirmed, with what the sentence needs. Codes are stable. */
export type ChangeTrouble =
  | { readonly code: "not-root" }
  /** The folder of changes could be written by others, or is none. */
  | { readonly code: "state-folder-unsafe"; readonly path: string }
  | { readonly code: "state-unreadable"; readonly path: string; readonly detail: string }
  /** Somebody else is changing this host, or taking a change back. */
  | { readonly code: "change-at-work" }
  /** An earlier change was cut off, waits to be confirmed, or cannot be read. */
  | { readonly code: "change-unfinished"; readonly id: string; readonly state: ChangeState | "damaged" }
  /** Nothing was touched. */
  | { readonly code: "change-not-begun"; readonly detail: string }
  /** The host no longer answers; it takes the change back by itself. */
  | { readonly code: "change-cut-off"; readonly id: string; readonly detail: string }
  | { readonly code: "no-such-change"; readonly id: string }
  | { readonly code: "nothing-to-undo" }
  | { readonly code: "nothing-to-confirm"; readonly id: string | null }
  /** A later change touches the same things, and would be lost. */
  | { readonly code: "later-change-first"; readonly id: string; readonly later: string };

/** Thrown where the user can do something about it. */
export class ChangeError extends Error {
  override readonly name: string = "ChangeError";
  readonly trouble: ChangeTrouble;

  constructor(trouble: ChangeTrouble, options?: ErrorOptions) {
    super(trouble.code, options);
    this.trouble = trouble;
  }
}
