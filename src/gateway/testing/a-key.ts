import type { Key, KeyLimits } from "../key.ts";

const UNLIMITED: KeyLimits = {
  requestsPerMinute: null,
  tokensPerDay: null,
  concurrent: null,
  maxBodyBytes: null,
  maxContextTokens: null,
  maxKeepAliveSeconds: null,
};

/** A key for inference without limits but those that are given. */
export function aKey(name: string, limits: Partial<KeyLimits> = {}): Key {
  return {
    id: name,
    name,
    scopes: ["inference"],
    grants: [],
    models: null,
    from: null,
    limits: { ...UNLIMITED, ...limits },
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
  };
}
