import type { Actor, KeyWish } from "../keys/key-acts.ts";

/** A moment in tests, in the middle of an hour. */
export const NOON: number = Date.parse("2026-11-22T12:30:00Z");

/** A key for inference without limits, but for what is given. */
export function aWish(name: string, more: Partial<KeyWish> = {}): KeyWish {
  return {
    name,
    scopes: ["inference"],
    grants: [],
    models: null,
    from: null,
    limits: {
      requestsPerMinute: null,
      tokensPerDay: null,
      concurrent: null,
      maxBodyBytes: null,
      maxContextTokens: null,
      maxKeepAliveSeconds: null,
    },
    expiresAt: null,
    ...more,
  };
}

/** Somebody who acts, at noon unless told otherwise. */
export function anActor(at: number = NOON): Actor {
  return { at, by: "alice (uid 1000)" };
}
