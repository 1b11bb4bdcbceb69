import { MONOTONIC, type Clock } from "./clock.ts";
import type { CountTokens } from "./counts.ts";
import { FairLimiter } from "./fair-limiter.ts";
import type { Limiter, LimitSettings } from "./limiter.ts";
import { LocalCounts } from "./local-counts.ts";

/**
 * The limits of a gateway that is the only one before its model server, in its memory. `countTokens` is asked once a
 * day for each key with a limit of tokens, so that a restart gives none back; where it rejects, the request is refused
 * (503) and `onTrouble` hears why.
 */
export function openLocalLimiter(options: {
  readonly settings: LimitSettings;
  readonly countTokens: CountTokens;
  readonly onTrouble: (error: unknown) => void;
  readonly clock?: Clock;
}): Limiter {
  const { settings, countTokens, onTrouble, clock = MONOTONIC } = options;
  const counts = new LocalCounts({ clock, countTokens, readTurns: () => settings.turns });
  return new FairLimiter({ counts, clock, settings, onTrouble });
}
