import type { Clock } from "../limits/clock.ts";

/** A clock that goes on only when it is told to. */
export interface FakeClock extends Clock {
  /** Goes on by that much; what was to be called meanwhile is called at its time. */
  advance(milliseconds: number): void;
  /** Calls that are to come, and milliseconds until the next one; Infinity without any. */
  readonly pending: number;
  readonly nextIn: number;
}

export function fakeClock(begin: number): FakeClock {
  let now = begin;
  const timers = new Map<object, { readonly at: number; readonly call: () => void }>();
  return {
    now: () => now,
    after: (milliseconds, call) => {
      const timer = {};
      timers.set(timer, { at: now + milliseconds, call });
      return () => {
        timers.delete(timer);
      };
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const due = [...timers]
          .filter(([, { at }]) => at <= end)
          .toSorted(([, one], [, other]) => one.at - other.at)[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].call();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
    get nextIn() {
      return Math.min(...[...timers.values()].map(({ at }) => at - now));
    },
  };
}
