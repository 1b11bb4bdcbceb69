import type { Key } from "../key.ts";
import type { Refusal } from "../policy/decision.ts";

/** A request that wants to be served. */
export interface Ask {
  readonly key: Key;
  /** Takes a turn of the model server; others count only as requests. */
  readonly occupiesModel: boolean;
  readonly now: number;
  /** Aborted when the client leaves: it then stands in no queue any more. */
  readonly signal: AbortSignal;
}

/** A turn that was given. Whatever happens it is released exactly once; a second release does nothing. */
export interface Turn {
  /** How many stood before it when it came; 0 where it did not wait. */
  readonly stoodBehind: number;
  readonly waitedMs: number;
  /** Ends the turn and counts what was used: tokens are null where the answer did not tell them. */
  release(used: { readonly tokens: number | null; readonly now: number }): void;
}

export type Admission =
  | { readonly kind: "admitted"; readonly turn: Turn }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly retryAfterSeconds: number;
      /** Place in the queue it would have had or had when its patience was over; null where it is not about the queue. */
      readonly place: number | null;
    }
  /** The client left while it waited. */
  | { readonly kind: "left" };

/** Requests per minute, tokens per day, requests at once per key, and a fair queue over keys before the model server. */
export interface Limiter {
  admit(ask: Ask): Promise<Admission>;
  /** What is under way and what waits, for metrics and tests. */
  readonly state: { readonly serving: number; readonly waiting: number };
  /** Admits nobody any more; resolves when nobody is served. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
