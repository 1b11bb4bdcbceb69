import type { Act, AuditEntry } from "../audit/entry.ts";
import type { Key } from "../key.ts";

/** A secret of a key: a key that was rotated has two until the older one's grace is over. */
export interface StoredSecret {
  /**
   * What it is looked up by. `secret`: the public part of its text, which two keys may share. `signature`: the public
   * key's SHA-256, hexadecimal. `bcrypt`: the user's name.
   */
  readonly prefix: string;
  readonly keyId: string;
  /**
   * `secret`: keyed hash of the whole text, hexadecimal. `signature`: an Ed25519 public key in OpenSSH's form.
   * `bcrypt`: a hash as htpasswd writes it.
   */
  readonly kind: "secret" | "signature" | "bcrypt";
  readonly value: string;
  /** First moment at which it is not valid any more; null: as long as its key. */
  readonly expiresAt: number | null;
}

/** A key with all that a caller is held against. */
export interface StoredKey {
  readonly key: Key;
  /** Oldest first. */
  readonly secrets: readonly StoredSecret[];
  /** Whoever revoked it wanted what it was being answered cut off too. */
  readonly endsStreams: boolean;
}

/** A moment in the life of a store: the last entry of its audit log, which every change of a key adds to. */
export interface Position {
  /** 0: before the first entry. */
  readonly number: number;
  readonly hash: string;
}

/** What has changed between two positions. */
export interface Changes {
  readonly position: Position;
  /** True where the position asked about is none of this store's (another file, an older backup): these are all keys. */
  readonly isWhole: boolean;
  readonly keys: readonly StoredKey[];
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

/**
 * Where keys, usage and the audit log are kept: an embedded file, or a database that replicas share. Every verb
 * rejects with a `StoreError` where the store is gone, locked for too long, read-only or full. What changes a key writes
 * its audit entry in the same transaction, and rejects with a `KeyError` where the change is not possible.
 */
export interface Store {
  /** All keys, revoked ones too, by the moment they were made. */
  listKeys(): Promise<readonly StoredKey[]>;
  /** By id; else the key in force of that name; else the one of that name that was revoked last. */
  findKey(idOrName: string): Promise<StoredKey | null>;
  createKey(key: Key, secrets: readonly Omit<StoredSecret, "keyId">[], act: Act): Promise<void>;
  /** Out of force from `act.at` on; a key that was revoked before keeps its moment. */
  revokeKey(id: string, endsStreams: boolean, act: Act): Promise<Key>;
  /** The secrets it has stay valid until `olderExpireAt` at most. */
  rotateKey(id: string, secret: Omit<StoredSecret, "keyId">, olderExpireAt: number, act: Act): Promise<void>;
  /**
   * What has changed since a position; null: everything. Cheap where nothing has, so that whoever keeps keys in memory
   * asks several times a second.
   */
  readChanges(since: Position | null): Promise<Changes>;
  readPosition(): Promise<Position>;
  addUsage(entries: readonly UsageEntry[]): Promise<void>;
  /** Rows of the hours that begin in `[since, until)`. */
  listUsage(since: number, until: number): Promise<readonly UsageRow[]>;
  /** Tokens a key has used since the beginning of the hour of that moment. */
  countTokens(keyId: string, since: number): Promise<number>;
  /** An act that changes no key, such as a start of the gateway. */
  addAct(act: Act & { readonly keyId: string | null }): Promise<AuditEntry>;
  /** Entries behind that number, at most so many, in order. */
  listAudit(after: number, limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
