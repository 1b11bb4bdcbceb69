import type { Key, KeyLimits } from "../key.ts";

/** A secret of a key: a key that was rotated has two until the older one's grace is over. */
export interface StoredSecret {
  /** Public part, by which it is looked up. */
  readonly prefix: string;
  readonly keyId: string;
  /** `secret`: keyed hash of the secret part, hexadecimal. `signature`: an Ed25519 public key in OpenSSH's form. */
  readonly kind: "secret" | "signature" | "bcrypt";
  readonly value: string;
  /** First moment at which it is not valid any more; null: as long as its key. */
  readonly expiresAt: number | null;
}

/** One request that was served, as it is counted. */
export interface UsageEntry {
  readonly keyId: string;
  /** Normalised name; empty where none is named. */
  readonly model: string;
  readonly at: number;
  readonly requests: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly failed: number;
}

/** Usage of one key and model in one hour (UTC). */
export interface UsageRow extends Omit<UsageEntry, "at"> {
  /** Milliseconds since 1970 of the beginning of the hour. */
  readonly hour: number;
}

/** One administrative act, chained to the one before by its hash. */
export interface AuditEntry {
  readonly number: number;
  readonly at: number;
  /** Who did it: the user of the machine, `alice (uid 1000)`. */
  readonly by: string;
  readonly act: string;
  readonly keyId: string | null;
  /** What was done, as JSON without any secret. */
  readonly detail: string;
  /** Hexadecimal hash over the entry and `previousHash`. */
  readonly hash: string;
  readonly previousHash: string;
}

/**
 * Where keys, usage and the audit log are kept: an embedded file, or a database that replicas share. Every verb
 * rejects with a `StoreError` where the store is gone, locked for too long, read-only or full.
 */
export interface Store {
  listKeys(): Promise<readonly Key[]>;
  findKey(idOrName: string): Promise<Key | null>;
  findSecrets(prefix: string): Promise<readonly { readonly secret: StoredSecret; readonly key: Key }[]>;
  /** Each of these writes its audit entry in the same transaction. */
  createKey(key: Key, secret: StoredSecret, act: Act): Promise<void>;
  changeKey(id: string, change: KeyChange, act: Act): Promise<Key>;
  rotateKey(id: string, secret: StoredSecret, olderExpireAt: number, act: Act): Promise<void>;
  /** Grows with every change of any key: whoever keeps keys in memory asks for it several times a second. */
  readRevision(): Promise<number>;
  addUsage(entries: readonly UsageEntry[]): Promise<void>;
  listUsage(since: number, until: number): Promise<readonly UsageRow[]>;
  /** Tokens a key has used since that moment. */
  countTokens(keyId: string, since: number): Promise<number>;
  /** An act that changes no key, such as a start of the gateway. */
  addAct(act: Act & { readonly keyId: string | null }): Promise<void>;
  listAudit(after: number, limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}

export interface Act {
  readonly at: number;
  readonly by: string;
  readonly act: string;
  /** Plain JSON without any secret. */
  readonly detail: unknown;
}

export interface KeyChange {
  readonly revokedAt?: number;
  readonly expiresAt?: number | null;
  readonly limits?: KeyLimits;
}
