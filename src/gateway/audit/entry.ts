/** An administrative act, before it is written down. */
export interface Act {
  readonly at: number;
  /** Who did it: the user of the machine, `alice (uid 1000)`. */
  readonly by: string;
  readonly act: string;
  /** Plain JSON without any secret. */
  readonly detail: unknown;
}

/** One administrative act, chained to the one before by its hash. */
export interface AuditEntry {
  /** 1 for the first, without a gap. */
  readonly number: number;
  readonly at: number;
  readonly by: string;
  readonly act: string;
  readonly keyId: string | null;
  /** What was done, as JSON without any secret. */
  readonly detail: string;
  /** Keyed hash over the entry and `previousHash`, hexadecimal. */
  readonly hash: string;
  readonly previousHash: string;
}
