import { createHmac } from "node:crypto";
import type { Act, AuditEntry } from "./entry.ts";

/** What the first entry is chained to. */
export const FIRST_HASH: string = "0".repeat(64);

/**
 * The entry that comes behind `previous`. Its hash is keyed with a key that is not in the store: whoever can write to
 * the store alone can neither change, nor put in, nor leave out an entry in the middle without its being seen. What the
 * chain alone does not show is that the newest entries were taken away together with the keys they speak of, as when an
 * older backup is put back: for that, keep the last number and hash elsewhere.
 */
export function toEntry(
  chainKey: Uint8Array,
  previous: { readonly number: number; readonly hash: string },
  { at, by, act, detail, keyId }: Act & { readonly keyId: string | null },
): AuditEntry {
  const entry = {
    number: previous.number + 1,
    at,
    by,
    act,
    keyId,
    detail: JSON.stringify(detail ?? null),
    previousHash: previous.hash,
  };
  return { ...entry, hash: toHash(chainKey, entry) };
}

/** Hexadecimal HMAC-SHA-256 over the entry as a JSON list, whose order and writing are one and the same everywhere. */
export function toHash(chainKey: Uint8Array, entry: Omit<AuditEntry, "hash">): string {
  const { number, at, by, act, keyId, detail, previousHash } = entry;
  return createHmac("sha256", chainKey)
    .update(JSON.stringify([number, at, by, act, keyId, detail, previousHash]))
    .digest("hex");
}
