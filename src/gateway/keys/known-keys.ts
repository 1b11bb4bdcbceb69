import type { Key } from "../key.ts";
import type { Changes, Position, StoredKey, StoredSecret } from "../store/store.ts";

/** A secret and the key it stands for. */
export interface KnownSecret {
  readonly secret: StoredSecret;
  readonly key: Key;
}

/** All keys of a store in memory, by what a caller can be looked up by. */
export class KnownKeys {
  position: Position | null = null;
  readonly #keys = new Map<string, StoredKey>();
  #slowestBcrypt: string | null = null;
  readonly #secrets = new Map<string, readonly KnownSecret[]>();

  /** Takes changes over; comes back with the keys that were revoked by them, or are to have their streams ended now. */
  take({ position, isWhole, keys }: Changes): readonly StoredKey[] {
    const before = new Map(this.#keys);
    const gone = isWhole ? [...before.values()].filter(({ key }) => !keys.some((each) => each.key.id === key.id)) : [];
    for (const stored of gone) this.#remove(stored);
    const revoked = keys.filter((stored) => isRevokedSince(before.get(stored.key.id), stored));
    for (const stored of keys) {
      const known = this.#keys.get(stored.key.id);
      if (known !== undefined) this.#remove(known);
      this.#add(stored);
    }
    this.position = position;
    return [...gone, ...revoked];
  }

  /** Every secret that is looked up like this, of keys that are not in force too. */
  find(kind: StoredSecret["kind"], prefix: string): readonly KnownSecret[] {
    return this.#secrets.get(toPlace(kind, prefix)) ?? [];
  }

  /** The highest cost among the bcrypt hashes; null where there is none. Costs stay where their key is gone. */
  get slowestBcrypt(): string | null {
    return this.#slowestBcrypt;
  }

  #add(stored: StoredKey): void {
    this.#keys.set(stored.key.id, stored);
    for (const secret of stored.secrets) {
      const place = toPlace(secret.kind, secret.prefix);
      this.#secrets.set(place, [...(this.#secrets.get(place) ?? []), { secret, key: stored.key }]);
      const cost = secret.value.slice(4, 6);
      if (secret.kind === "bcrypt" && cost > (this.#slowestBcrypt ?? "")) this.#slowestBcrypt = cost;
    }
  }

  #remove(stored: StoredKey): void {
    this.#keys.delete(stored.key.id);
    for (const { kind, prefix } of stored.secrets) {
      const place = toPlace(kind, prefix);
      const left = (this.#secrets.get(place) ?? []).filter(({ key }) => key.id !== stored.key.id);
      if (left.length > 0) this.#secrets.set(place, left);
      else this.#secrets.delete(place);
    }
  }
}

/** First moment at which it is not valid any more has not come: neither the secret's nor its key's. */
export function isInForce({ secret, key }: KnownSecret, now: number): boolean {
  return key.revokedAt === null && isBefore(now, key.expiresAt) && isBefore(now, secret.expiresAt);
}

function isBefore(now: number, end: number | null): boolean {
  return end === null || now < end;
}

function isRevokedSince(before: StoredKey | undefined, now: StoredKey): boolean {
  if (now.key.revokedAt === null) return false;
  return before === undefined || before.key.revokedAt === null || (now.endsStreams && !before.endsStreams);
}

function toPlace(kind: StoredSecret["kind"], prefix: string): string {
  return `${kind} ${prefix}`;
}
