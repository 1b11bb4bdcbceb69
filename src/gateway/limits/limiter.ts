import type { Key } from "../key.ts";
import type { Refusal } from "../policy/decision.ts";

/** What a gateway allows all its keys together. */
export interface LimitSettings {
  /** Requests that the model server serves at once (`OLLAMA_NUM_PARALLEL` times its loaded models). */
  readonly turns: number;
  /** Requests that may wait, of all keys and of one. */
  readonly maxWaiting: number;
  readonly maxWaitingPerKey: number;
  /** Longest that a request waits before it is refused. */
  readonly patienceMs: number;
}

/** As many wait as Ollama itself lets wait, and as long as clients commonly do. */
export const DEFAULT_LIMIT_SETTINGS: LimitSettings = {
  turns: 4,
  maxWaiting: 512,
  maxWaitingPerKey: 64,
  patienceMs: 300_000,
};

/** A request that wants to be served. */
export interface Ask {
  readonly key: Key;
  /** Takes a turn of the model server; others count only as requests. */
  readonly occupiesModel: boolean;
  /** Milliseconds since 1970. Tells only the UTC day; rates and waits go by a clock that does not jump. */
  readonly now: number;
  /** Aborted when the client leaves: it then stands in no queue any more. */
  readonly signal: AbortSignal;
  /** Most tokens it may use, prompt and answer, where its body says so (`num_ctx`): set aside until it is released. */
  readonly expectedTokens?: number | null;
}

/** A turn that was given. Whatever happens it is released exactly once; a second release does nothing. */
export interface Turn {
  /** How many stood before it when it came; 0 where it did not wait. */
  readonly stoodBehind: number;
  readonly waitedMs: number;
  /**
   * Ends the turn and counts what was used on the UTC day on which it was given. Tokens: what the answer told; where
   * it was cut, what went through as far as it was counted; 0 where the model server was not asked. Null where
   * nothing is known: what was set aside counts as used, so that cutting a stream never makes it free.
   */
  release(used: { readonly tokens: number | null }): void;
}

export type Admission =
  | { readonly kind: "admitted"; readonly turn: Turn }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly retryAfterSeconds: number;
      /** Place in the queue it would have had or had when its patience was over, 1: next; null where it is not about the queue. */
      readonly place: number | null;
    }
  /** The client left while it waited. */
  | { readonly kind: "left" };

/** Requests per minute, tokens per day, requests at once per key, and a fair queue over keys before the model server. */
export interface Limiter {
  /** At once where nobody has to be asked or waited for. */
  admit(ask: Ask): Admission | Promise<Admission>;
  /** What is under way (requests that take no turn too) and what waits, for metrics and tests. */
  readonly state: { readonly serving: number; readonly waiting: number };
  /** Admits nobody any more, refuses who waits; resolves when nobody is served. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
