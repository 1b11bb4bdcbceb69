import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisLink } from "../shared/redis-link.ts";
import { CROWD_SETTINGS, sendCrowd, toRandom } from "../testing/crowd.ts";
import { missingRedis, startRedis } from "../testing/redis.ts";
import { openLocalLimiter } from "./open-local-limiter.ts";
import { openSharedLimiter } from "./open-shared-limiter.ts";

/** bench/slots.ts sends a hundred thousand. */
const REQUESTS = 4000;
const OPTIONS = {
  settings: CROWD_SETTINGS,
  countTokens: async (): Promise<number> => 0,
  onTrouble: (error: unknown): void => {
    throw error;
  },
};

test("a crowd that comes, leaves and breaks off leaves no turn taken and no token uncounted", async () => {
  const limiter = openLocalLimiter(OPTIONS);
  const { outcomes, faults } = await sendCrowd(limiter, { requests: REQUESTS, random: toRandom(1) });
  assert.deepEqual(faults, []);
  for (const how of ["admitted", "left", "requests-per-minute", "tokens-per-day", "key-queue-full", "queue-full"]) {
    assert.ok((outcomes.get(how) ?? 0) > 0, `nobody met ${how}: ${[...outcomes].join(" ")}`);
  }
});

test("the same in Redis", { skip: missingRedis() ?? false }, async () => {
  const redis = await startRedis();
  try {
    const limiter = await openSharedLimiter({ ...OPTIONS, link: new RedisLink(redis.url), prefix: "crowd" });
    const { faults } = await sendCrowd(limiter, { requests: REQUESTS / 2, random: toRandom(2) });
    await limiter.close();
    assert.deepEqual(faults, []);
    assert.equal(redis.ask("HLEN", "{crowd}:turns"), "0");
  } finally {
    await redis.end();
  }
});
