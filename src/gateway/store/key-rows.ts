import { z } from "zod";
import { GRANTS, type Key, SCOPES } from "../key.ts";
import type { StoredKey, StoredSecret } from "./store.ts";
import { StoreError } from "./store-error.ts";
import type { KeyRow, SecretRow } from "./tables.ts";

const cap = z.number().nonnegative().nullable();
const Lists = z.object({
  scopes: z.array(z.enum(SCOPES)).readonly(),
  grants: z.array(z.enum(GRANTS)).readonly(),
  models: z.array(z.string()).readonly().nullable(),
  from: z.array(z.string()).readonly().nullable(),
  limits: z
    .object({
      requestsPerMinute: cap,
      tokensPerDay: cap,
      concurrent: cap,
      maxBodyBytes: cap,
      maxContextTokens: cap,
      maxKeepAliveSeconds: cap,
    })
    .readonly(),
});
const Kind = z.enum(["secret", "signature", "bcrypt"]);

/** The row of a key; `changed` is the number of the audit entry that goes with it. */
export function toKeyRow(key: Key, changed: number): KeyRow {
  return {
    id: key.id,
    name: key.name,
    scopes: JSON.stringify(key.scopes),
    grants: JSON.stringify(key.grants),
    models: key.models === null ? null : JSON.stringify(key.models),
    networks: key.from === null ? null : JSON.stringify(key.from),
    limits: JSON.stringify(key.limits),
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    ends_streams: 0,
    changed,
  };
}

/** The row of a secret, which is its key's so-manieth. */
export function toSecretRow(keyId: string, position: number, secret: Omit<StoredSecret, "keyId">): SecretRow {
  const { prefix, kind, value, expiresAt } = secret;
  return { key_id: keyId, position, prefix, kind, value, expires_at: expiresAt };
}

/**
 * A key of its rows. Throws a `StoreError` where a row says what no Portlock has written: a scope that is not understood
 * is no scope, and so the key is not used at all.
 */
export function toStoredKey(row: KeyRow, secrets: readonly SecretRow[], place: string): StoredKey {
  try {
    const lists = Lists.parse({
      scopes: JSON.parse(row.scopes),
      grants: JSON.parse(row.grants),
      models: row.models === null ? null : JSON.parse(row.models),
      from: row.networks === null ? null : JSON.parse(row.networks),
      limits: JSON.parse(row.limits),
    });
    const { id, name, created_at: createdAt, expires_at: expiresAt, revoked_at: revokedAt } = row;
    return {
      key: { id, name, ...lists, createdAt, expiresAt, revokedAt },
      secrets: secrets.map((secret) => ({
        prefix: secret.prefix,
        keyId: id,
        kind: Kind.parse(secret.kind),
        value: secret.value,
        expiresAt: secret.expires_at,
      })),
      endsStreams: row.ends_streams !== 0,
    };
  } catch {
    throw new StoreError("damaged", place, `the row of key ${row.id}`);
  }
}
