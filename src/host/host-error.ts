/** Why a host cannot be looked at at all. Stable: scripts and the catalogues of words rely on these codes. */
export type HostErrorCode =
  | "bad-target"
  | "bad-url"
  | "name-unknown"
  | "ssh-missing"
  | "ssh-name-unknown"
  | "ssh-unreachable"
  | "ssh-host-key-unknown"
  | "ssh-host-key-changed"
  | "ssh-denied"
  | "ssh-no-shell"
  | "ssh-timeout"
  | "ssh-failed";

/**
 * Thrown where there is no host to read: a target that is none, a login that failed. What cannot be read on
 * a host that is there is a failed `Reading` instead.
 */
export class HostError extends Error {
  override readonly name: string = "HostError";
  readonly code: HostErrorCode;
  /** What the user named. */
  readonly target: string;
  /** What to do about it, one sentence. */
  readonly hint: string;
  /** The last words of the tool that failed, or an empty text; hostile. */
  readonly detail: string;

  constructor(code: HostErrorCode, target: string, sentence: string, hint: string, detail: string = "") {
    super(sentence);
    this.code = code;
    this.target = target;
    this.hint = hint;
    this.detail = detail;
  }
}
