/** Where a claim comes from, in the words an administrator can check it with. */
export interface Evidence {
  /** A path, or the command line that was run. */
  readonly from: string;
  /** 1-based line in `from`, where it has lines. */
  readonly line?: number;
  /** The line itself, or the part of it that matters; hostile text, secrets removed. */
  readonly text: string;
}
