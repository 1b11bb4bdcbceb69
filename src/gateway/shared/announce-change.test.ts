import assert from "node:assert/strict";
import { test } from "node:test";
import { missingRedis, startRedis } from "../testing/redis.ts";
import { announceChange } from "./announce-change.ts";
import { RedisLink } from "./redis-link.ts";
import { openRevisions } from "./revisions.ts";

const skip = missingRedis() ?? false;

test("a change of keys is told to the gateways on the same Redis", { skip }, async () => {
  const redis = await startRedis();
  const link = new RedisLink(redis.url);
  try {
    const told = Promise.withResolvers<void>();
    let times = 0;
    openRevisions(link).onRevision(() => {
      times += 1;
      // The first one is that the connection was made.
      if (times === 2) told.resolve();
    });
    await link.connect();
    assert.equal(await announceChange(redis.url), true);
    await told.promise;
  } finally {
    await link.close();
    await redis.end();
  }
});

test("where Redis is gone, or is no such place, nobody is told and nothing fails", async () => {
  assert.equal(await announceChange("unix:/nonexistent/portlock-redis.sock"), false);
  assert.equal(await announceChange("https://redis.example"), false);
});
