import type { Key } from "../key.ts";

/** A key that may ask every model, and nothing else; `change` says what is different about it. */
export function aKey(change: Partial<Key> = {}): Key {
  return {
    id: "key-1",
    name: "alice",
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
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    ...change,
  };
}
