const SECOND_MS = 1000;
/** A request counts in the second it came in and in the sixty that follow: at most a limit in any sixty seconds. */
const COUNTED_SECONDS = 61;

/**
 * The requests of one key in the last minute, by the second, so that its memory does not grow with the limit. Unlike
 * a window that begins anew every minute, or a bucket that is full after one, it never lets twice the limit through.
 */
export class RateWindow {
  /** Oldest first, for time does not go back. */
  readonly #seconds = new Map<number, number>();
  #total = 0;

  /** Milliseconds until one more request keeps the limit; 0: it does now. */
  wait(limit: number, now: number): number {
    const second = this.#forget(now);
    if (limit <= 0) return COUNTED_SECONDS * SECOND_MS;
    let excess = this.#total - limit + 1;
    if (excess <= 0) return 0;
    for (const [oldest, count] of this.#seconds) {
      excess -= count;
      if (excess <= 0) return (oldest + COUNTED_SECONDS) * SECOND_MS - now;
    }
    return (second + COUNTED_SECONDS) * SECOND_MS - now;
  }

  add(now: number): void {
    const second = this.#forget(now);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1);
    this.#total += 1;
  }

  isEmpty(now: number): boolean {
    this.#forget(now);
    return this.#total === 0;
  }

  #forget(now: number): number {
    const second = Math.floor(now / SECOND_MS);
    for (const [oldest, count] of this.#seconds) {
      if (oldest > second - COUNTED_SECONDS) break;
      this.#seconds.delete(oldest);
      this.#total -= count;
    }
    return second;
  }
}
