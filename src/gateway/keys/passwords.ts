import { createHmac, randomBytes } from "node:crypto";
import { StoreError } from "../store/store-error.ts";
import { isInForce, type KnownKeys, type KnownSecret } from "./known-keys.ts";
import type { PasswordThread } from "./password-work.ts";

/** A password that was right is not hashed again for so long after it was used last, unless its hash has changed. */
const RIGHT_MS = 15 * 60_000;
/** One that was wrong is wrong for so long without being hashed again. */
const WRONG_MS = 60_000;
const MOST_REMEMBERED = 1000;
/** Comparisons that may wait: more than that are refused at once, so that a flood costs one thread and no memory. */
const MOST_WAITING = 16;
/** bcrypt looks at no more bytes of a password, so that a longer one would be as good as its beginning. */
const LONGEST_PASSWORD = 72;

/**
 * Passwords that were imported from htpasswd. Whoever has shown a right one is remembered by a keyed hash of user,
 * password and bcrypt hash, so that he is neither slow nor shut out while somebody else tries wrong ones; the same
 * comparison is never under way twice, and an unknown user costs what a known one does.
 */
export class Passwords {
  readonly #known: KnownKeys;
  readonly #uptime: () => number;
  readonly #thread: PasswordThread;
  readonly #memoryKey = randomBytes(32);
  readonly #right = new Map<string, number>();
  readonly #wrong = new Map<string, number>();
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(known: KnownKeys, uptime: () => number, thread: PasswordThread) {
    this.#thread = thread;
    this.#known = known;
    this.#uptime = uptime;
  }

  /** Whose password it is, where it has been shown before; null where it has to be compared. */
  recall(user: string, password: string, now: number): KnownSecret | null {
    const secret = this.#find(user, now);
    if (secret === null) return null;
    const mark = this.#toMark(user, password, secret.secret.value);
    if ((this.#right.get(mark) ?? 0) <= this.#uptime()) return null;
    this.#remember(this.#right, mark, RIGHT_MS);
    return secret;
  }

  /** Whose password it is; null: nobody's. Rejects with a `StoreError` of code `busy` where too many wait already. */
  async check(user: string, password: string, now: number): Promise<KnownSecret | null> {
    const dummy = this.#toDummy();
    if (dummy === null) return null;
    const secret = this.#find(user, now);
    const hash = secret?.secret.value ?? dummy;
    const mark = this.#toMark(user, password, hash);
    if ((this.#wrong.get(mark) ?? 0) > this.#uptime()) return null;
    const isTooLong = Buffer.byteLength(password) > LONGEST_PASSWORD;
    const isRight = (await this.#compare(mark, password, hash)) && secret !== null && !isTooLong;
    if (!isRight) {
      this.#remember(this.#wrong, mark, WRONG_MS);
      return null;
    }
    this.#remember(this.#right, mark, RIGHT_MS);
    return secret;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #compare(mark: string, password: string, hash: string): Promise<boolean> {
    const same = this.#underWay.get(mark);
    if (same !== undefined) return same;
    if (this.#thread.waiting >= MOST_WAITING) throw new StoreError("busy", "passwords", `${MOST_WAITING} wait`);
    const comparison = this.#thread.compare(password, hash).catch((error: unknown) => {
      throw new StoreError("busy", "passwords", String(error));
    });
    this.#underWay.set(mark, comparison);
    try {
      return await comparison;
    } finally {
      this.#underWay.delete(mark);
    }
  }

  #find(user: string, now: number): KnownSecret | null {
    return this.#known.find("bcrypt", user).find((each) => isInForce(each, now)) ?? null;
  }

  /** A hash that takes as long as the slowest there is; null where no password was imported. */
  #toDummy(): string | null {
    const slowest = this.#known.slowestBcrypt;
    return slowest === null ? null : `$2b$${slowest}$${".".repeat(53)}`;
  }

  #toMark(user: string, password: string, hash: string): string {
    return createHmac("sha256", this.#memoryKey)
      .update(JSON.stringify([user, password, hash]))
      .digest("base64");
  }

  #remember(marks: Map<string, number>, mark: string, forMs: number): void {
    marks.delete(mark);
    marks.set(mark, this.#uptime() + forMs);
    const [oldest] = marks.keys();
    if (marks.size > MOST_REMEMBERED && oldest !== undefined) marks.delete(oldest);
  }
}
