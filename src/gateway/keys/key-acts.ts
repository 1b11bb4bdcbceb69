import type { Key } from "../key.ts";
import type { OpenStore } from "../store/open-tables.ts";
import type { StoredKey, StoredSecret } from "../store/store.ts";
import { KeyError } from "./key-error.ts";
import { hashKeyText, makeKeyId, makeKeyText } from "./key-text.ts";
import type { PublicKey } from "./ollama-signature.ts";

/** A key as it is wanted. */
export type KeyWish = Omit<Key, "id" | "createdAt" | "revokedAt">;

/** Who does it, and when. */
export interface Actor {
  readonly at: number;
  /** `alice (uid 1000)`. */
  readonly by: string;
}

/** A key and the text of its secret, which nobody can tell again; null for a key that lets in by what its owner has. */
export interface MadeKey {
  readonly key: Key;
  readonly text: string | null;
}

/** Makes a key with a new secret. Rejects with a `KeyError` where its name is taken. */
export async function createKey(open: OpenStore, wish: KeyWish, actor: Actor): Promise<MadeKey> {
  const { text, secret } = makeSecret(open);
  return { key: await keepKey(open, wish, secret, actor), text };
}

/** Makes a key for whoever signs with that key of Ollama's. Rejects with a `KeyError` where either is taken. */
export async function createSignedKey(
  open: OpenStore,
  wish: KeyWish,
  publicKey: PublicKey,
  actor: Actor,
): Promise<MadeKey> {
  const secret = { prefix: publicKey.fingerprint, kind: "signature", value: publicKey.text, expiresAt: null } as const;
  return { key: await keepKey(open, wish, secret, actor), text: null };
}

/** Makes a key for a user whose password has that bcrypt hash. Rejects with a `KeyError` where the name is taken. */
export async function createPasswordKey(open: OpenStore, wish: KeyWish, hash: string, actor: Actor): Promise<MadeKey> {
  const secret = { prefix: wish.name, kind: "bcrypt", value: hash, expiresAt: null } as const;
  return { key: await keepKey(open, wish, secret, actor), text: null };
}

/** Gives a key a new secret; those it has are valid for `graceMs` more. Rejects with a `KeyError`. */
export async function rotateKey(
  open: OpenStore,
  idOrName: string,
  graceMs: number,
  { at, by }: Actor,
): Promise<MadeKey> {
  const { key } = await getKey(open, idOrName);
  const { text, secret } = makeSecret(open);
  const olderExpireAt = at + graceMs;
  const detail = { name: key.name, secret: toShown(secret), olderExpireAt };
  await open.store.rotateKey(key.id, secret, olderExpireAt, { at, by, act: "rotate", detail });
  return { key, text };
}

/** A key that was revoked, and whether it had been before. */
export interface RevokedKey {
  readonly key: Key;
  readonly wasRevoked: boolean;
}

/**
 * Takes a key out of force for ever, and with `endsStreams` cuts off what it is being answered. One that is revoked
 * already stays so; nothing is written then, unless its streams are to be ended now. Rejects with a `KeyError`.
 */
export async function revokeKey(
  open: OpenStore,
  idOrName: string,
  endsStreams: boolean,
  { at, by }: Actor,
): Promise<RevokedKey> {
  const stored = await getKey(open, idOrName);
  const wasRevoked = stored.key.revokedAt !== null;
  if (wasRevoked && (stored.endsStreams || !endsStreams)) return { key: stored.key, wasRevoked };
  const detail = { name: stored.key.name, endsStreams };
  const key = await open.store.revokeKey(stored.key.id, endsStreams, { at, by, act: "revoke", detail });
  return { key, wasRevoked };
}

/** The key of that id or name. Rejects with a `KeyError` where there is none. */
export async function getKey({ store }: OpenStore, idOrName: string): Promise<StoredKey> {
  const stored = await store.findKey(idOrName);
  if (stored === null) throw new KeyError({ code: "no-such-key", data: { key: idOrName } });
  return stored;
}

async function keepKey(
  { store }: OpenStore,
  wish: KeyWish,
  secret: Omit<StoredSecret, "keyId">,
  { at, by }: Actor,
): Promise<Key> {
  const key: Key = { id: makeKeyId(), ...wish, createdAt: at, revokedAt: null };
  const { name, scopes, grants, models, from, limits, expiresAt } = key;
  const detail = { name, scopes, grants, models, from, limits, expiresAt, secret: toShown(secret) };
  await store.createKey(key, [secret], { at, by, act: "create", detail });
  return key;
}

function makeSecret({ pepper }: OpenStore): {
  readonly text: string;
  readonly secret: Omit<StoredSecret, "keyId">;
} {
  const { text, prefix } = makeKeyText();
  return { text, secret: { prefix, kind: "secret", value: hashKeyText(pepper.secretKey, text), expiresAt: null } };
}

/** What of a secret may be told: never its hash. */
function toShown({ kind, prefix }: Pick<StoredSecret, "kind" | "prefix">): object {
  return { kind, prefix };
}
