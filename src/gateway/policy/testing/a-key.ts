import { GRANTS, type Key, type KeyLimits, SCOPES } from "../../key.ts";

const NO_LIMITS: KeyLimits = {
  requestsPerMinute: null,
  tokensPerDay: null,
  concurrent: null,
  maxBodyBytes: null,
  maxContextTokens: null,
  maxKeepAliveSeconds: null,
};

/** A key with every right but what is said. */
export function aKey(key: Partial<Omit<Key, "limits">> & { readonly limits?: Partial<KeyLimits> } = {}): Key {
  return {
    id: "k_1",
    name: "alice",
    scopes: SCOPES,
    grants: GRANTS,
    models: null,
    from: null,
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    ...key,
    limits: { ...NO_LIMITS, ...key.limits },
  };
}
