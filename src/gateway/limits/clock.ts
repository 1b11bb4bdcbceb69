/** Time for rates and waits. It never jumps, whatever is done to the clock on the wall. */
export interface Clock {
  /** Milliseconds since any moment; never goes back. */
  readonly now: () => number;
  /** Calls after that many milliseconds, unless what it returns is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

export const MONOTONIC: Clock = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

const DAY_MS = 86_400_000;

/** Number of the UTC day of a moment on the wall, in milliseconds since 1970. */
export function toDay(now: number): number {
  return Math.floor(now / DAY_MS);
}

/** First moment of a UTC day, in milliseconds since 1970. */
export function startOfDay(day: number): number {
  return day * DAY_MS;
}
