import type { Store, UsageEntry } from "../store/store.ts";
import type { Served } from "./served.ts";

/** A commit waits for the disk, and every stream with it: some milliseconds. */
const WRITE_MS = 500;
const HOUR_MS = 3_600_000;
/** Keys and models that wait for a store that is gone; what comes beyond counts for its key without its model. */
const MOST_WAITING = 10_000;

type Counts = { -readonly [Field in keyof UsageEntry]: UsageEntry[Field] };

/**
 * Adds up what each key has used and writes it twice a second, so that a kill loses no more than the last moment.
 * What the store does not take is kept and written later.
 */
export class UsageBook {
  readonly #store: Pick<Store, "addUsage">;
  readonly #onTrouble: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #waiting = new Map<string, Counts>();
  #writing: Promise<void> | null = null;
  #hasTold = false;

  constructor(store: Pick<Store, "addUsage">, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    this.#timer = setInterval(() => void this.write(), WRITE_MS).unref();
  }

  /** Counts a request that reached the model server for its key. */
  see({ keyId, route, model, at, tokens, ending, status }: Served): void {
    if (keyId === null || route === null || ending === "refused") return;
    this.#count({
      keyId,
      model: status < 300 ? (model ?? "") : "",
      at,
      requests: 1,
      promptTokens: tokens?.prompt ?? 0,
      answerTokens: tokens?.answer ?? 0,
      failed: ending === "broken" || status >= 400 ? 1 : 0,
    });
  }

  #count(entry: UsageEntry): void {
    const hour = Math.floor(entry.at / HOUR_MS);
    const known = `${hour} ${entry.keyId} ${entry.model}`;
    const isNew = !this.#waiting.has(known) && this.#waiting.size >= MOST_WAITING;
    const place = isNew ? `${hour} ${entry.keyId} ` : known;
    const counts = this.#waiting.get(place);
    if (counts === undefined) {
      this.#waiting.set(place, isNew ? { ...entry, model: "" } : { ...entry });
      return;
    }
    counts.requests += entry.requests;
    counts.promptTokens += entry.promptTokens;
    counts.answerTokens += entry.answerTokens;
    counts.failed += entry.failed;
  }

  /** Writes what waits; resolves when the store has taken it, or has not. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const entries = [...this.#waiting.values()];
    this.#waiting = new Map();
    try {
      await this.#store.addUsage(entries);
      this.#hasTold = false;
    } catch (error) {
      for (const entry of entries) this.#count(entry);
      if (!this.#hasTold) this.#onTrouble(error);
      this.#hasTold = true;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
    await this.write();
  }
}
