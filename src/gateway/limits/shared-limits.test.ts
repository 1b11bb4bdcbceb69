import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { openRevisions } from "../shared/revisions.ts";
import { RedisGone, RedisLink } from "../shared/redis-link.ts";
import { aKey } from "../testing/a-key.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { NOON, openSharedGate, type Gate, type GateOptions, type Guest } from "../testing/gate.ts";
import { missingRedis, startRedis, type Redis } from "../testing/redis.ts";

/** Until it is so: what replicas tell each other takes its time. Fails after many times as long. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}

function hows(guests: readonly Guest[]): readonly string[] {
  return guests.map((guest) => guest.how);
}

async function comeMany(gate: Gate, count: number): Promise<readonly Guest[]> {
  const guests: Guest[] = [];
  for (let index = 0; index < count; index += 1) guests.push(await gate.come(aKey("alice")));
  return guests;
}

describe("replicas", { skip: missingRedis() ?? false }, () => {
  let redis: Redis;
  const gates: Gate[] = [];
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());

  /** Gates that share their limits and their clock. */
  async function openGates(count: number, options: GateOptions = {}): Promise<readonly [Gate, Gate]> {
    const shared = { prefix: randomUUID(), clock: fakeClock(1_000_000), ...options };
    const opened: Gate[] = [];
    for (let index = 0; index < count; index += 1) opened.push(await openSharedGate(redis.url, shared));
    gates.push(...opened);
    const [one, two] = opened;
    assert.ok(one !== undefined);
    return [one, two ?? one];
  }

  function testGates(name: string, run: () => Promise<void>): void {
    test(name, async () => {
      try {
        await run();
      } finally {
        await Promise.all(gates.splice(0).map((gate) => gate.limiter.close()));
      }
    });
  }

  testGates("two of them let no more through than one, and tell each other what became free", async () => {
    const [one, two] = await openGates(2, { settings: { turns: 3 } });
    const here = await comeMany(one, 2);
    const there = await comeMany(two, 2);
    assert.deepEqual(hows([...here, ...there]), ["served", "served", "served", "waiting"]);
    here[0]?.end();
    await until("the other has its turn", () => there[1]?.how === "served");
  });

  testGates("a rate, tokens and what a key has at once are counted over all of them", async () => {
    const [one, two] = await openGates(2);
    const rated = aKey("rated", { requestsPerMinute: 2 });
    const rates = [await one.come(rated), await two.come(rated), await one.come(rated), await two.come(rated)];
    assert.deepEqual(hows(rates), ["served", "served", "requests-per-minute", "requests-per-minute"]);
    const frugal = aKey("frugal", { tokensPerDay: 100 });
    const spends = [await one.come(frugal), await two.come(frugal)];
    assert.deepEqual(hows(spends), ["served", "waiting"]);
    spends[0]?.end(100);
    await until("the other hears that nothing is left", () => spends[1]?.how === "tokens-per-day");
    const single = aKey("single", { concurrent: 1 });
    assert.deepEqual(hows([await one.come(single), await two.come(single)]), ["served", "waiting"]);
  });

  testGates("one is killed: its turns come back when its heartbeats have ended, and count as set aside", async () => {
    const prefix = randomUUID();
    const clock = fakeClock(1_000_000);
    const settings = { turns: 2 };
    // Its clock stands still, so it sends no heartbeat; Redis and the other go on.
    const killed = await openSharedGate(redis.url, { prefix, clock: fakeClock(1_000_000), settings });
    const other = await openSharedGate(redis.url, { prefix, clock, settings });
    gates.push(killed, other);
    const key = aKey("alice", { tokensPerDay: 100 });
    const lost = [await killed.come(key, { expectedTokens: 30 }), await killed.come(key, { expectedTokens: 30 })];
    const waiting = await other.come(key, { expectedTokens: 40 });
    assert.deepEqual(hows([...lost, waiting]), ["served", "served", "waiting"]);
    await other.pass(12_000);
    assert.equal(waiting.how, "waiting");
    await other.pass(8000);
    assert.equal(waiting.how, "served");
    // 30 + 30 counted as used, 40 set aside: nothing is left to set aside.
    assert.equal((await other.come(key)).how, "waiting");
    // It was not dead but asleep: what its streams have really used is counted instead.
    lost[0]?.end(5);
    lost[1]?.end(5);
    await killed.rest();
    waiting.end(40);
    await other.rest();
    const day = Math.floor(NOON / 86_400_000);
    assert.equal(redis.ask("HGET", `{${prefix}}:used:${day}`, "alice"), String(5 + 5 + 40));
  });

  testGates("Redis forgets everything: what is served is told anew", async () => {
    const [gate] = await openGates(1, { settings: { turns: 2 }, used: 0 });
    const guests = await comeMany(gate, 2);
    redis.ask("FLUSHALL");
    const third = await gate.come(aKey("alice"));
    await gate.rest();
    assert.deepEqual(hows([...guests, third]), ["served", "served", "waiting"]);
    guests[0]?.end();
    await until("the third has its turn", () => third.how === "served");
    await gate.rest();
    const fourth = await gate.come(aKey("alice"));
    assert.equal(fourth.how, "waiting");
  });

  testGates(
    "Redis is away: each goes on with its part for a minute, then refuses; it is back: all is told",
    async () => {
      const [one, two] = await openGates(2, { settings: { turns: 4 } });
      await one.pass(8000);
      const key = aKey("alice", { tokensPerDay: 1000, requestsPerMinute: 1000 });
      const before = await one.come(key, { expectedTokens: 10 });
      await redis.kill();
      const during = [await one.come(key, { expectedTokens: 10 }), await one.come(key, { expectedTokens: 10 })];
      // Its part is two of the four turns, and one was taken before.
      assert.deepEqual(hows([before, ...during]), ["served", "served", "waiting"]);
      before.end(100);
      await one.rest();
      assert.deepEqual(hows(during), ["served", "served"]);
      await one.pass(60_000);
      await two.rest();
      assert.deepEqual(hows([await one.come(key), await two.come(key)]), ["limits-unknown", "limits-unknown"]);
      during[1]?.end(100);
      await redis.start();
      await until("one is back", async () => (await one.come(key, { expectedTokens: 1 })).how === "served");
      await until("two is back", async () => (await two.come(aKey("bob"))).how !== "limits-unknown");
      await Promise.all([one.rest(), two.rest()]);
      // One turn each from `until`, and the one that was given while Redis was away.
      const [fourth, fifth] = [await one.come(aKey("carol")), await two.come(aKey("carol"))];
      assert.deepEqual(hows([fourth, fifth]), ["served", "waiting"]);
    },
  );

  testGates("Redis hangs: nobody waits for it", async () => {
    const [gate] = await openGates(1, { settings: { turns: 2 } });
    redis.freeze();
    try {
      const guests = [gate.come(aKey("alice")), gate.come(aKey("alice")), gate.come(aKey("alice"))];
      assert.deepEqual(hows(await Promise.all(guests)), ["served", "served", "waiting"]);
    } finally {
      redis.thaw();
    }
    await until("it is back", () => redis.ask("HLEN", "x") === "0");
  });

  testGates("what Redis was asked before its connection was lost does not leave a turn behind", async () => {
    const prefix = randomUUID();
    const gate = await openSharedGate(redis.url, { prefix, settings: { turns: 1 } });
    gates.push(gate);
    for (let round = 0; round < 2; round += 1) {
      redis.freeze();
      const guest = await gate.come(aKey("alice"));
      assert.equal(guest.how, "served");
      redis.thaw();
      guest.end();
      await until("it is shared again", async () => {
        await gate.pass(4000);
        return redis.ask("HLEN", `{${prefix}}:replicas`) === "1";
      });
      await until("no turn is taken there", () => redis.ask("HLEN", `{${prefix}}:turns`) === "0");
    }
  });

  testGates("Redis takes no writes: at the start it is refused, later it counts as away", async () => {
    const [gate] = await openGates(1, { settings: { turns: 1 } });
    redis.ask("CONFIG", "SET", "maxmemory", "1");
    try {
      await assert.rejects(openSharedGate(redis.url), RedisGone);
      assert.equal((await gate.come(aKey("alice"))).how, "served");
      await gate.pass(60_000);
      assert.equal((await gate.come(aKey("alice"))).how, "limits-unknown");
    } finally {
      redis.ask("CONFIG", "SET", "maxmemory", "0");
    }
    await until("it is back", async () => (await gate.come(aKey("alice"))).how !== "limits-unknown");
  });

  test("no Redis at the start: it does not start, and says no password", async () => {
    await assert.rejects(openSharedGate(`${redis.url}.not-there`), RedisGone);
    await assert.rejects(openSharedGate("redis://user:hidden@127.0.0.1:1"), (error) => {
      assert.ok(error instanceof RedisGone);
      assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /hidden/);
      return true;
    });
    assert.throws(() => new RedisLink("http://user:hidden@x"), /^TypeError: (?!.*hidden)/);
  });

  test("a change of a key is heard everywhere, and after a lost connection all look again", async () => {
    const links = [new RedisLink(redis.url), new RedisLink(redis.url)];
    const heard = [0, 0];
    const revisions = links.map((link, index) => {
      const opened = openRevisions(link);
      opened.onRevision(() => (heard[index] = (heard[index] ?? 0) + 1));
      return opened;
    });
    try {
      await Promise.all(links.map((link) => link.connect()));
      assert.deepEqual(heard, [1, 1]);
      assert.equal(await revisions[0]?.publish(7), true);
      await until("both have heard", () => heard.join(" ") === "2 2");
      await redis.kill();
      await until("both have noticed", () => links.every((link) => !link.isUp));
      assert.equal(await revisions[0]?.publish(8), false);
      await redis.start();
      await until("both look again", () => heard.join(" ") === "3 3");
    } finally {
      await Promise.all(links.map((link) => link.close()));
    }
  });
});
