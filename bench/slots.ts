/**
 * Sends a great many requests through both limiters, with clients leaving at any moment, model servers dying, limits
 * reached and turns released twice: turns, queue and quotas have to end exactly where they should, and memory flat.
 *
 *   sh scripts/node.sh bench/slots.ts           100,000 requests each
 *   sh scripts/node.sh bench/slots.ts --small   5,000 each
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Limiter } from "../src/gateway/limits/limiter.ts";
import { openLocalLimiter } from "../src/gateway/limits/open-local-limiter.ts";
import { openSharedLimiter } from "../src/gateway/limits/open-shared-limiter.ts";
import { RedisLink } from "../src/gateway/shared/redis-link.ts";
import { CROWD_SETTINGS, sendCrowd, toRandom } from "../src/gateway/testing/crowd.ts";
import { startRedis } from "../src/gateway/testing/redis.ts";

const REQUESTS = process.argv.includes("--small") ? 5000 : 100_000;
/** Heap that may be added between a fifth of the way and the end. */
const GROWTH_BAR_KIB = 1024;
const OPTIONS = {
  settings: CROWD_SETTINGS,
  countTokens: async (): Promise<number> => 0,
  onTrouble: (error: unknown): void => {
    throw error;
  },
};

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function readHeap(): number {
  collect();
  return process.memoryUsage().heapUsed / 1024;
}

async function measure(name: string, limiter: Limiter): Promise<void> {
  let early = 0;
  const begin = performance.now();
  const { outcomes, faults } = await sendCrowd(limiter, {
    requests: REQUESTS,
    random: toRandom(7),
    look: (done) => {
      if (done === REQUESTS / 5) early = readHeap();
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  const growth = readHeap() - early;
  const isHeld = faults.length === 0 && growth < GROWTH_BAR_KIB;
  if (!isHeld) process.exitCode = 1;
  const told = [...outcomes].map(([how, count]) => `${count} ${how}`).join(", ");
  console.log(`${name}: ${REQUESTS} requests in ${seconds.toFixed(1)} s: ${told}`);
  console.log(`  faults: ${faults.length === 0 ? "none" : faults.join("; ")}`);
  console.log(
    `  heap ${growth.toFixed(0)} KiB more than at a fifth, bar ${GROWTH_BAR_KIB}: ${isHeld ? "held" : "MISSED"}`,
  );
}

const local = openLocalLimiter(OPTIONS);
await measure("in memory", local);
await local.close();
const redis = await startRedis();
try {
  const shared = await openSharedLimiter({ ...OPTIONS, link: new RedisLink(redis.url) });
  await measure("in Redis", shared);
  await shared.close();
  const left = redis.ask("HLEN", "{portlock}:turns");
  console.log(`  turns that Redis still has: ${left}`);
  if (left !== "0") process.exitCode = 1;
} finally {
  await redis.end();
}
