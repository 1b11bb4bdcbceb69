import type { KeyObject } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Key } from "../key.ts";
import type { OpenStore } from "../store/open-tables.ts";
import type { Caller, Credential, Verifier } from "./caller.ts";
import { KeyMirror, type RevokedListener } from "./key-mirror.ts";
import { hashKeyText, isSameHash, readPrefix } from "./key-text.ts";
import { isInForce, type KnownKeys, type KnownSecret } from "./known-keys.ts";
import { isSigned, toFingerprint } from "./ollama-signature.ts";
import { Passwords } from "./passwords.ts";

/** Unless another is given: how long known keys are let in while the store is gone. Nobody else is. */
const GRACE_MS = 60_000;
/** What a caller whose prefix nobody has is held against. */
const NO_HASH = "0".repeat(64);

export interface VerifierSetting {
  readonly graceMs?: number;
  /** A clock that nobody can set, in milliseconds. */
  readonly uptime?: () => number;
}

/** A verifier that can be told to look at its store at once. */
export interface StoreVerifier extends Verifier {
  /** Somebody has said that keys were changed. */
  lookNow(): void;
}

/**
 * A verifier over a store, with all keys in memory. Rejects with a `StoreError` where they cannot be read at the
 * beginning.
 */
export async function openVerifier(
  { store, pepper, place }: OpenStore,
  { graceMs = GRACE_MS, uptime = () => performance.now() }: VerifierSetting = {},
): Promise<StoreVerifier> {
  const mirror = new KeyMirror(store, place, uptime);
  await mirror.begin();
  // A file of its own in the published package too, because it is what the thread runs.
  const { PasswordThread } = await import("./password-work.ts");
  const passwords = new Passwords(mirror.known, uptime, new PasswordThread());
  return new MirrorVerifier(mirror, pepper.secretKey, graceMs, passwords);
}

/**
 * Callers who are known are told at once. All others, whatever is wrong with what they show, wait for the store's next
 * word, a fraction of a second: whoever was given a key a moment ago is known by then, the answer takes the same time
 * for an unknown, a wrong, a revoked and an expired key, and however many ask, the store is asked no more often.
 */
class MirrorVerifier implements StoreVerifier {
  readonly #mirror: KeyMirror;
  readonly #secretKey: KeyObject;
  readonly #graceMs: number;
  readonly #passwords: Passwords;

  constructor(mirror: KeyMirror, secretKey: KeyObject, graceMs: number, passwords: Passwords) {
    this.#mirror = mirror;
    this.#secretKey = secretKey;
    this.#graceMs = graceMs;
    this.#passwords = passwords;
  }

  verify(credential: Credential, now: number): Caller | Promise<Caller> {
    if (credential.kind === "none" || credential.kind === "refused") return { key: null };
    if (this.#mirror.age > this.#graceMs) throw this.#mirror.trouble;
    if (credential.kind === "signed") {
      return this.#decide(() => findSigner(this.#mirror.known, credential, now));
    }
    const { secret, user } = credential;
    if (user !== undefined && readPrefix(secret) === null) return this.#decidePassword(user, secret, now);
    const hash = hashKeyText(this.#secretKey, secret);
    return this.#decide(() => findOwner(this.#mirror.known, secret, hash, now));
  }

  onRevoked(hear: RevokedListener): void {
    this.#mirror.onRevoked(hear);
  }

  lookNow(): void {
    this.#mirror.lookNow();
  }

  async close(): Promise<void> {
    this.#mirror.close();
    await this.#passwords.close();
  }

  #decide(find: () => Key | null): Caller | Promise<Caller> {
    const known = find();
    if (known !== null) return { key: known };
    return this.#mirror.catchUp().then((isSeen) => this.#conclude(find(), isSeen));
  }

  async #decidePassword(user: string, password: string, now: number): Promise<Caller> {
    const recalled = this.#passwords.recall(user, password, now);
    if (recalled !== null) return { key: recalled.key };
    const isSeen = await this.#mirror.catchUp();
    const checked = await this.#passwords.check(user, password, now);
    return this.#conclude(checked?.key ?? null, isSeen);
  }

  /** Somebody who is not in memory may be in a store that cannot be read: he is not told that he is nobody. */
  #conclude(key: Key | null, isSeen: boolean): Caller {
    if (key === null && !isSeen) throw this.#mirror.trouble;
    return { key };
  }
}

/** The key in force with this secret. Every secret of that prefix is compared, and one where there is none. */
function findOwner(known: KnownKeys, secret: string, hash: string, now: number): Key | null {
  const candidates = known.find("secret", readPrefix(secret) ?? "");
  if (candidates.length === 0) isSameHash(hash, NO_HASH);
  let owner: KnownSecret | null = null;
  for (const each of candidates) if (isSameHash(hash, each.secret.value)) owner = each;
  return owner !== null && isInForce(owner, now) ? owner.key : null;
}

/** The key in force that this public key was registered for, where it has signed. */
function findSigner(
  known: KnownKeys,
  { publicKey, signature, signedText }: Credential & { readonly kind: "signed" },
  now: number,
): Key | null {
  const isGenuine = isSigned(publicKey, signature, signedText, now);
  const signer = known.find("signature", toFingerprint(publicKey)).find((each) => isInForce(each, now));
  return signer !== undefined && isGenuine ? signer.key : null;
}
