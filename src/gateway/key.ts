/** What a key may be used for: `inference` asks models, `read` lists and describes them, `manage` changes them. */
export const SCOPES = ["inference", "read", "manage"] as const;
export type Scope = (typeof SCOPES)[number];

/** What no scope contains, because it leaves the host or shows its insides: each is granted by name. */
export const GRANTS = ["cloud", "experimental", "debug"] as const;
export type Grant = (typeof GRANTS)[number];

/** Caps of one key; null: none. */
export interface KeyLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerDay: number | null;
  /** Requests that are served at the same time. */
  readonly concurrent: number | null;
  readonly maxBodyBytes: number | null;
  /** Largest `num_ctx` that may be asked for. */
  readonly maxContextTokens: number | null;
  /** Longest `keep_alive` that may be asked for. */
  readonly maxKeepAliveSeconds: number | null;
}

/** Who may use the gateway, for what and until when: all of a key but its secret. Times are milliseconds since 1970. */
export interface Key {
  /** Names the key in commands, logs and metrics; never changes and says nothing about the secret. */
  readonly id: string;
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly grants: readonly Grant[];
  /** Patterns of model names, in which `*` stands for any text; null: every model. */
  readonly models: readonly string[] | null;
  /** Networks it may be used from, CIDR; null: every one. */
  readonly from: readonly string[] | null;
  readonly limits: KeyLimits;
  readonly createdAt: number;
  /** The first moment at which it is not valid any more; null: never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}
