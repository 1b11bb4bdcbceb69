import type { Key } from "../key.ts";
import { startOfDay, type Clock } from "./clock.ts";
import type { Counted, Counts, CountTokens, HeldTurn, Taken, Wish } from "./counts.ts";
import { RateWindow } from "./rate-window.ts";

const SWEEP_MS = 60_000;
const COUNTED: Counted = { kind: "counted" };

/** Counts in the memory of this process. Tokens of the day go on where the store has them, so a restart gives none back. */
export class LocalCounts implements Counts {
  readonly #clock: Clock;
  readonly #countTokens: CountTokens;
  readonly #readTurns: () => number;
  readonly #rates = new Map<string, RateWindow>();
  readonly #turns = new Map<string, HeldTurn>();
  /** Tokens used, by day and key; a promise while the store is asked. */
  readonly #used = new Map<number, Map<string, { tokens: number } | Promise<{ tokens: number }>>>();
  #sweptAt: number;

  /** `readTurns`: how many the model server serves at once; may change from call to call. */
  constructor(options: { readonly clock: Clock; readonly countTokens: CountTokens; readonly readTurns: () => number }) {
    this.#clock = options.clock;
    this.#countTokens = options.countTokens;
    this.#readTurns = options.readTurns;
    this.#sweptAt = options.clock.now();
  }

  countRequest(key: Key, day: number | null): Counted | Promise<Counted> {
    const { tokensPerDay } = key.limits;
    if (day === null || tokensPerDay === null) return this.#countRate(key);
    return this.#readUsed(key.id, day).then(({ tokens }) =>
      tokens >= tokensPerDay ? { kind: "spent" } : this.#countRate(key),
    );
  }

  /** Counts a request that was let through elsewhere. */
  recordRequest(keyId: string): void {
    this.#rateOf(keyId).add(this.#clock.now());
  }

  async take({ id, key, day, expectedTokens }: Wish): Promise<Taken> {
    const { concurrent, tokensPerDay } = key.limits;
    // Everything after this line happens at once, so that no two requests see the same turn free.
    const used = tokensPerDay === null ? null : await this.#readUsed(key.id, day);
    if (used !== null && tokensPerDay !== null && used.tokens >= tokensPerDay) return { kind: "spent" };
    if (this.#turns.size >= this.#readTurns()) return { kind: "full" };
    const own = [...this.#turns.values()].filter((turn) => turn.keyId === key.id);
    if (concurrent !== null && own.length >= concurrent) return { kind: "busy" };
    let reserved = 0;
    if (used !== null && tokensPerDay !== null) {
      const setAside = own.filter((turn) => turn.day === day).reduce((sum, turn) => sum + turn.reserved, 0);
      const left = tokensPerDay - used.tokens - setAside;
      if (left <= 0) return { kind: "busy" };
      reserved = Math.min(left, Math.max(1, expectedTokens));
    }
    const turn: HeldTurn = { id, keyId: key.id, day, reserved };
    this.#turns.set(id, turn);
    return { kind: "taken", turn };
  }

  /** Knows of a turn that was given elsewhere. */
  recordTurn(turn: HeldTurn): void {
    this.#turns.set(turn.id, turn);
  }

  settle(turn: HeldTurn, tokens: number): void {
    if (!this.#turns.delete(turn.id)) return;
    const day = this.#used.get(turn.day);
    const used = day?.get(turn.keyId);
    if (used instanceof Promise) {
      // The store may or may not have counted it by now; twice is the safe side, and ends with the day.
      void used.then((known) => (known.tokens += tokens)).catch(() => {});
    } else if (used !== undefined) used.tokens += tokens;
  }

  /** The store is asked anew: others may have used tokens since. */
  forgetUsed(): void {
    this.#used.clear();
  }

  get turns(): readonly HeldTurn[] {
    return [...this.#turns.values()];
  }

  onFreed(): void {
    // All turns are settled here.
  }

  async close(): Promise<void> {
    // Nothing is kept open.
  }

  async #readUsed(keyId: string, day: number): Promise<{ tokens: number }> {
    let keys = this.#used.get(day);
    if (keys === undefined) {
      this.#used.set(day, (keys = new Map()));
      this.#forgetDays(day);
    }
    const known = keys.get(keyId);
    if (known !== undefined) return known;
    const asked = this.#countTokens(keyId, startOfDay(day)).then((tokens) => ({ tokens }));
    keys.set(keyId, asked);
    try {
      const used = await asked;
      keys.set(keyId, used);
      return used;
    } catch (error) {
      keys.delete(keyId);
      throw error;
    }
  }

  /** Three days are enough for streams that end on another one; a clock that jumps on finds the store's count. */
  #forgetDays(day: number): void {
    for (const other of this.#used.keys()) if (Math.abs(other - day) > 1) this.#used.delete(other);
  }

  #countRate({ id, limits: { requestsPerMinute } }: Key): Counted {
    if (requestsPerMinute === null) return COUNTED;
    const waitMs = this.#rateOf(id).wait(requestsPerMinute, this.#clock.now());
    if (waitMs > 0) return { kind: "too-many", waitMs };
    this.recordRequest(id);
    return COUNTED;
  }

  #rateOf(keyId: string): RateWindow {
    const now = this.#clock.now();
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    const known = this.#rates.get(keyId);
    if (known !== undefined) return known;
    const rate = new RateWindow();
    this.#rates.set(keyId, rate);
    return rate;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [keyId, rate] of this.#rates) if (rate.isEmpty(now)) this.#rates.delete(keyId);
  }
}
