/** Raised where a caller finds the waiting line full; the server answers 503. */
export class QueueFull extends Error {
  constructor() {
    super("server busy, please try again.  maximum pending requests exceeded");
  }
}

interface Loaded {
  /** Milliseconds since the epoch; Infinity keeps the model until it is unloaded. */
  expiresAt: number;
}

/** Who may generate now, who waits, and which models are loaded until when. */
export class Scheduler {
  readonly #parallel: number;
  readonly #maxQueue: number;
  readonly #loaded: Map<string, Loaded> = new Map();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(parallel: number, maxQueue: number) {
    this.#parallel = Math.max(1, parallel);
    this.#maxQueue = Math.max(0, maxQueue);
  }

  /** Waits for a turn. The caller calls the returned function exactly once, when its turn is over. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#running >= this.#parallel) {
      await this.#wait(signal);
    } else {
      this.#running += 1;
    }
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#running -= 1;
      } else {
        next();
      }
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#maxQueue) {
      throw new QueueFull();
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(new Error("request was cancelled while it waited"));
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(turn);
    });
  }

  /** Marks a model as loaded. True: it was not loaded before. */
  load(model: string, keepAliveMs: number): boolean {
    const fresh = !this.loaded().some((entry) => entry.model === model);
    this.#loaded.set(model, { expiresAt: Date.now() + keepAliveMs });
    return fresh;
  }

  unload(model: string): void {
    this.#loaded.delete(model);
  }

  /** Models whose time is not over, longest remaining first. */
  loaded(): readonly { readonly model: string; readonly expiresAt: number }[] {
    const now = Date.now();
    for (const [model, entry] of this.#loaded) {
      if (entry.expiresAt <= now) {
        this.#loaded.delete(model);
      }
    }
    return [...this.#loaded]
      .map(([model, entry]) => ({ model, expiresAt: entry.expiresAt }))
      .toSorted((left, right) => right.expiresAt - left.expiresAt);
  }
}
