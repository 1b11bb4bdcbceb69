import type { Exchange } from "./exchange.ts";

/** Memory for bodies that are read before they go on, all requests together. */
export class BodyBudget {
  readonly #most: number;
  #held = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** False where there is no room; what was taken before stays with the exchange until it ends. */
  take(exchange: Exchange, bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    exchange.heldBytes += bytes;
    return true;
  }

  giveBack(exchange: Exchange): void {
    this.#held -= exchange.heldBytes;
    exchange.heldBytes = 0;
  }

  get heldBytes(): number {
    return this.#held;
  }
}
