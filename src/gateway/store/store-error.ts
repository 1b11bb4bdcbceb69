/**
 * `gone`: not there, or it does not answer. `locked`: somebody else has had it for too long. `full`: no room is left.
 * `unsafe-permissions`: others could read or write it. `damaged`: it is no store, or its content cannot be.
 * `newer-version`: a newer Portlock has written it. `denied`: it does not let us in. `wrong-pepper`: its hashes were
 * made with another pepper. `busy`: too many passwords wait to be checked.
 */
export type StoreErrorCode =
  | "gone"
  | "locked"
  | "read-only"
  | "full"
  | "unsafe-permissions"
  | "damaged"
  | "newer-version"
  | "denied"
  | "wrong-pepper"
  | "busy";

/** The store could not do what it was asked to, and has done nothing of it. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
  readonly code: StoreErrorCode;
  /** Where it is: a path, or `postgres://host/database`. */
  readonly place: string;
  /** The words of the database or the system. */
  readonly detail: string;

  constructor(code: StoreErrorCode, place: string, detail: string) {
    super(`${code}: ${place}: ${detail}`);
    this.code = code;
    this.place = place;
    this.detail = detail;
  }
}
