import { StoreError } from "../store/store-error.ts";
import type { Store } from "../store/store.ts";
import { KnownKeys } from "./known-keys.ts";

/** How often the store is asked for changes. A revoked key is refused everywhere within a second of it. */
const REFRESH_MS = 150;
/** Longest that anybody waits for the store's next word. */
const LONGEST_WAIT_MS = 1000;

/** Hears of a key that was revoked; `endsStreams`: what it is being answered is to be cut off. */
export type RevokedListener = (keyId: string, endsStreams: boolean) => void;

/**
 * All keys of a store in memory, kept up with it by asking for its position several times a second: one small question
 * that costs the same however many callers there are, known or not. `uptime` is a clock that nobody can set, in
 * milliseconds.
 */
export class KeyMirror {
  readonly known: KnownKeys = new KnownKeys();
  readonly #store: Store;
  readonly #place: string;
  readonly #uptime: () => number;
  readonly #listeners: RevokedListener[] = [];
  /** Resolves with the look after the one that may be under way. */
  #next: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  /** When the last look that succeeded was begun. */
  #seenAt = 0;
  #trouble: StoreError | null = null;

  constructor(store: Store, place: string, uptime: () => number) {
    this.#store = store;
    this.#place = place;
    this.#uptime = uptime;
  }

  /** Reads all keys, and from then on what changes. Rejects with a `StoreError` where they cannot be read. */
  async begin(): Promise<void> {
    await this.#look();
    this.#schedule();
  }

  onRevoked(hear: RevokedListener): void {
    this.#listeners.push(hear);
  }

  /** Milliseconds since the store was seen last; from it hangs who is let in. */
  get age(): number {
    return this.#uptime() - this.#seenAt;
  }

  /** Why the store could not be looked at last; that it has not been seen for long, where it does not even fail. */
  get trouble(): StoreError {
    return this.#trouble ?? new StoreError("gone", this.#place, "it does not answer");
  }

  /** True when the store was looked at again, from now on; false where it cannot be, or keeps everybody waiting. */
  catchUp(): Promise<boolean> {
    if (this.#next !== null) return this.#next.promise;
    const next = toWaiting(() => {
      if (this.#next === next) this.#next = null;
    });
    this.#next = next;
    return next.promise;
  }

  /** Looks now rather than at the next turn: somebody has said that something was changed. */
  lookNow(): void {
    if (this.#isClosed || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    void this.#lookAgain();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#next?.resolve(false);
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#lookAgain();
    }, REFRESH_MS);
    this.#timer.unref();
  }

  async #lookAgain(): Promise<void> {
    const waiting = this.#next;
    this.#next = null;
    let isSeen = false;
    try {
      await this.#look();
      isSeen = true;
    } catch (error) {
      // Whatever it is, nobody may be let in for ever on what was read before it.
      this.#trouble = error instanceof StoreError ? error : new StoreError("damaged", this.#place, String(error));
    }
    waiting?.resolve(isSeen);
    this.#schedule();
  }

  async #look(): Promise<void> {
    const begun = this.#uptime();
    const changes = await this.#store.readChanges(this.known.position);
    const revoked = this.known.take(changes);
    this.#seenAt = begun;
    this.#trouble = null;
    for (const { key, endsStreams } of revoked) for (const hear of this.#listeners) hear(key.id, endsStreams);
  }
}

/** All who wait for the same look, with one limit for them: a flood of them costs no timer each. */
interface Waiting {
  readonly promise: Promise<boolean>;
  resolve(isSeen: boolean): void;
}

/** `onEnd` is called before those who wait go on, so that nobody joins them any more. */
function toWaiting(onEnd: () => void): Waiting {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const limit = setTimeout(() => {
    onEnd();
    resolve(false);
  }, LONGEST_WAIT_MS);
  return {
    promise,
    resolve: (isSeen) => {
      clearTimeout(limit);
      resolve(isSeen);
    },
  };
}
