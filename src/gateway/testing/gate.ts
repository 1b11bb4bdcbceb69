import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Key } from "../key.ts";
import {
  DEFAULT_LIMIT_SETTINGS,
  type Admission,
  type Ask,
  type Limiter,
  type LimitSettings,
} from "../limits/limiter.ts";
import { openLocalLimiter } from "../limits/open-local-limiter.ts";
import { openSharedLimiter } from "../limits/open-shared-limiter.ts";
import { RedisLink, type Script } from "../shared/redis-link.ts";
import { fakeClock, type FakeClock } from "./fake-clock.ts";

/** Noon of a day, UTC. */
export const NOON: number = Date.UTC(2026, 10, 28, 12);

const STEP_MS = 4000;

/** A request that came to a gate. */
export interface Guest {
  /** Null while it waits. */
  readonly admission: Admission | null;
  /** `served`, `waiting`, `left`, or the code of a refusal. */
  readonly how: string;
  leave(): void;
  /** Ends its turn; fails where it has none. */
  end(tokens?: number | null): void;
}

/** A limiter whose clocks stand still, and what comes to it. */
export interface Gate {
  readonly limiter: Limiter;
  readonly clock: FakeClock;
  /** What the store says that each key has used on any day, and whether it is there. */
  readonly store: { used: number; isGone: boolean };
  /** Moves the clock on the wall alone. */
  setWall(now: number): void;
  come(key: Key, ask?: Partial<Ask>): Promise<Guest>;
  /** Until nothing is under way but waiting. */
  rest(): Promise<void>;
  /** Both clocks go on. */
  pass(milliseconds: number): Promise<void>;
}

export interface GateOptions {
  readonly settings?: Partial<LimitSettings>;
  readonly used?: number;
}

/** Knows what it was asked and has not answered yet, so that a test can wait for it. */
class WatchedLink extends RedisLink {
  readonly #open = new Set<Promise<unknown>>();

  override async evaluate(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const answer = super.evaluate(script, keys, args);
    this.#open.add(answer);
    try {
      return await answer;
    } finally {
      this.#open.delete(answer);
    }
  }

  /** Until everything is answered and nothing new was asked on it; what was published is heard by then. */
  async rest(): Promise<void> {
    do {
      await Promise.allSettled(this.#open);
      await this.publish("rest", "").catch(() => {});
      await setImmediate();
    } while (this.#open.size > 0);
  }
}

interface Parts {
  readonly clock: FakeClock;
  readonly readWall: () => number;
  readonly settings: LimitSettings;
  readonly countTokens: () => Promise<number>;
}

export async function openLocalGate(options: GateOptions = {}): Promise<Gate> {
  return openGate(options, async ({ clock, settings, countTokens }) => {
    const limiter = openLocalLimiter({ settings, countTokens, clock, onTrouble: () => {} });
    return { limiter, rest: () => setImmediate() };
  });
}

/** `prefix` and `clock`: those of another gate that it shares its limits with. */
export async function openSharedGate(
  url: string,
  options: GateOptions & { readonly prefix?: string; readonly clock?: FakeClock } = {},
): Promise<Gate> {
  return openGate(options, async ({ clock, readWall, settings, countTokens }) => {
    const link = new WatchedLink(url);
    const limiter = await openSharedLimiter({
      link,
      settings,
      countTokens,
      clock,
      readTime: clock.now,
      readWall,
      prefix: options.prefix ?? randomUUID(),
      onTrouble: () => {},
    });
    const rest = (): Promise<void> => link.rest();
    return { limiter, rest };
  });
}

async function openGate(
  options: GateOptions & { readonly clock?: FakeClock },
  open: (parts: Parts) => Promise<{ readonly limiter: Limiter; readonly rest: () => Promise<void> }>,
): Promise<Gate> {
  const clock = options.clock ?? fakeClock(1_000_000);
  let wallAhead = NOON - clock.now();
  const readWall = (): number => clock.now() + wallAhead;
  const store = { used: options.used ?? 0, isGone: false };
  const countTokens = async (): Promise<number> => {
    if (store.isGone) throw new Error("the store is gone");
    return store.used;
  };
  const settings = { ...DEFAULT_LIMIT_SETTINGS, ...options.settings };
  const { limiter, rest } = await open({ clock, readWall, settings, countTokens });
  return {
    limiter,
    clock,
    store,
    rest,
    setWall: (now) => {
      wallAhead = now - clock.now();
    },
    come: async (key, ask) => {
      const guest = toGuest(limiter, { key, occupiesModel: true, now: readWall(), ...ask });
      await rest();
      return guest;
    },
    pass: async (milliseconds) => {
      // From one call to the next, and in small steps, for between them a replica has to tell that it is there.
      for (let left = milliseconds; left > 0;) {
        const step = Math.max(1, Math.min(left, STEP_MS, clock.nextIn));
        clock.advance(step);
        left -= step;
        await rest();
      }
    },
  };
}

function toGuest(limiter: Limiter, ask: Omit<Ask, "signal">): Guest {
  const presence = new AbortController();
  let admission: Admission | null = null;
  void Promise.resolve(limiter.admit({ ...ask, signal: presence.signal })).then((came) => (admission = came));
  const read = (): Admission | null => admission;
  return {
    get admission() {
      return read();
    },
    get how() {
      const now = read();
      if (now === null) return "waiting";
      if (now.kind === "refused") return now.refusal.code;
      return now.kind === "admitted" ? "served" : "left";
    },
    leave: () => {
      presence.abort();
    },
    end: (tokens = 0) => {
      const now = read();
      if (now?.kind !== "admitted") throw new Error("it has no turn");
      now.turn.release({ tokens });
    },
  };
}
