import type { Refusal } from "../policy/decision.ts";
import type { Admission } from "./limiter.ts";

type Refused = Extract<Admission, { readonly kind: "refused" }>;

type Why = "rate" | "tokens" | "keyQueue" | "queue" | "patience" | "draining" | "unknown";

const REFUSALS: Readonly<Record<Why, Refusal>> = {
  rate: {
    status: 429,
    code: "requests-per-minute",
    message: "This key has made as many requests in the last minute as it may; try again later.",
  },
  tokens: {
    status: 429,
    code: "tokens-per-day",
    message: "This key has used the tokens it may use on one day (UTC); try again tomorrow.",
  },
  keyQueue: {
    status: 429,
    code: "key-queue-full",
    message: "As many requests of this key as may wait are waiting already; try again later.",
  },
  queue: {
    status: 503,
    code: "queue-full",
    message: "The model server is busy and as many requests as may wait are waiting already; try again later.",
  },
  patience: {
    status: 503,
    code: "queue-timeout",
    message: "The model server was busy for as long as a request may wait; try again later.",
  },
  draining: { status: 503, code: "draining", message: "The gateway is about to end and takes no new requests." },
  unknown: {
    status: 503,
    code: "limits-unknown",
    message: "What this key has used cannot be told at the moment; try again later.",
  },
};

/** A refusal of the limits. `waitMs`: until it is worth another try, told in whole seconds, one at least. */
export function refuse(why: Why, waitMs: number, place: number | null = null): Refused {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return { kind: "refused", refusal: REFUSALS[why], retryAfterSeconds, place };
}
