import { randomUUID } from "node:crypto";
import { RedisGone, type RedisLink } from "../shared/redis-link.ts";
import { MONOTONIC, type Clock } from "./clock.ts";
import type { CountTokens } from "./counts.ts";
import { FairLimiter } from "./fair-limiter.ts";
import type { Limiter, LimitSettings } from "./limiter.ts";
import { SharedCounts } from "./shared-counts.ts";

/**
 * The limits of several gateways before one model server: turns, rates, tokens and what a key has at once are counted
 * together in Redis or Valkey, and `settings.turns` is what all of them have. Each gateway has a queue of its own: it is
 * fair over its own requests, and whoever of the gateways asks first gets a turn that became free.
 *
 * Everything that listens on the link has to be set up before: this connects it. Rejects with `RedisGone` where Redis
 * is not there at the start; later, see `SharedCounts`. `countTokens` and `onTrouble` as with a local limiter.
 */
export async function openSharedLimiter(options: {
  readonly link: RedisLink;
  readonly settings: LimitSettings;
  readonly countTokens: CountTokens;
  readonly onTrouble: (error: unknown) => void;
  /** Gateways with the same one share their limits. */
  readonly prefix?: string;
  readonly clock?: Clock;
  /** Milliseconds, the same for all gateways; Redis's own time where it is left out. */
  readonly readTime?: () => number;
  readonly readWall?: () => number;
}): Promise<Limiter> {
  const { link, settings, onTrouble, clock = MONOTONIC } = options;
  const counts = new SharedCounts({
    link,
    replica: randomUUID(),
    prefix: options.prefix ?? "portlock",
    clock,
    readTime: options.readTime ?? null,
    readWall: options.readWall ?? Date.now,
    turns: settings.turns,
    countTokens: options.countTokens,
  });
  await link.connect();
  if (!(await counts.whenShared())) {
    await counts.close();
    throw new RedisGone("Redis is not there, or does not take what replicas have to share");
  }
  return new FairLimiter({ counts, clock, settings, onTrouble });
}
