import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Key } from "../key.ts";
import { aKey } from "../testing/a-key.ts";
import { NOON, openLocalGate, openSharedGate, type Gate, type GateOptions, type Guest } from "../testing/gate.ts";
import { missingRedis, startRedis, type Redis } from "../testing/redis.ts";

const HOUR = 3_600_000;

interface Case {
  readonly name: string;
  readonly options?: GateOptions;
  readonly run: (gate: Gate) => Promise<void>;
}

function hows(guests: readonly Guest[]): readonly string[] {
  return guests.map((guest) => guest.how);
}

function retryAfter(guest: Guest | undefined): number | null {
  return guest?.admission?.kind === "refused" ? guest.admission.retryAfterSeconds : null;
}

function place(guest: Guest | undefined): number | null {
  return guest?.admission?.kind === "refused" ? guest.admission.place : null;
}

function turnOf(guest: Guest): { readonly stoodBehind: number; readonly waitedMs: number } {
  assert.ok(guest.admission?.kind === "admitted", guest.how);
  const { stoodBehind, waitedMs } = guest.admission.turn;
  return { stoodBehind, waitedMs };
}

async function comeMany(gate: Gate, count: number, key: Key): Promise<readonly Guest[]> {
  return Promise.all(Array.from({ length: count }, () => gate.come(key)));
}

const RATES: readonly Case[] = [
  {
    name: "three requests a minute: the fourth is told when to come again, and then gets in",
    run: async (gate) => {
      const key = aKey("alice", { requestsPerMinute: 3 });
      const guests = [await gate.come(key), await gate.come(key), await gate.come(key), await gate.come(key)];
      assert.deepEqual(hows(guests), ["served", "served", "served", "requests-per-minute"]);
      const seconds = retryAfter(guests[3]) ?? 0;
      assert.ok(seconds > 59 && seconds <= 61, `${seconds}`);
      await gate.pass((seconds - 2) * 1000);
      assert.equal((await gate.come(key)).how, "requests-per-minute");
      await gate.pass(2000);
      assert.equal((await gate.come(key)).how, "served");
    },
  },
  {
    name: "no twice the rate over the edge of a minute",
    options: { settings: { turns: 1000 } },
    run: async (gate) => {
      const key = aKey("alice", { requestsPerMinute: 20 });
      await gate.pass(59_000);
      const early = await comeMany(gate, 20, key);
      await gate.pass(2000);
      const late = await comeMany(gate, 20, key);
      assert.deepEqual(new Set(hows(early)), new Set(["served"]));
      assert.deepEqual(new Set(hows(late)), new Set(["requests-per-minute"]));
    },
  },
  {
    name: "a refused request does not count, so who keeps trying is not kept out",
    run: async (gate) => {
      const key = aKey("alice", { requestsPerMinute: 1 });
      await gate.come(key);
      for (let second = 0; second < 60; second += 4) {
        assert.equal((await gate.come(key)).how, "requests-per-minute");
        await gate.pass(4000);
      }
      await gate.pass(1000);
      assert.equal((await gate.come(key)).how, "served");
    },
  },
  {
    name: "a rate of none lets none through",
    run: async (gate) => {
      assert.equal((await gate.come(aKey("alice", { requestsPerMinute: 0 }))).how, "requests-per-minute");
    },
  },
  {
    name: "a request that takes no turn counts as a request, and gets in when all turns are taken",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const key = aKey("alice", { requestsPerMinute: 3, concurrent: 1 });
      const guests = [
        await gate.come(key),
        await gate.come(key, { occupiesModel: false }),
        await gate.come(key, { occupiesModel: false }),
        await gate.come(key, { occupiesModel: false }),
      ];
      assert.deepEqual(hows(guests), ["served", "served", "served", "requests-per-minute"]);
      assert.deepEqual(gate.limiter.state, { serving: 3, waiting: 0 });
    },
  },
  {
    name: "the clock on the wall is set a year ahead and back: rates and waits do not notice",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const key = aKey("alice", { requestsPerMinute: 2 });
      const guests = [await gate.come(key), await gate.come(key)];
      for (const wall of [NOON + 365 * 24 * HOUR, NOON - 365 * 24 * HOUR]) {
        gate.setWall(wall);
        assert.equal((await gate.come(key)).how, "requests-per-minute");
        assert.deepEqual(hows(guests), ["served", "waiting"]);
      }
      await gate.pass(62_000);
      assert.equal((await gate.come(key)).how, "waiting");
    },
  },
];

const TOKENS: readonly Case[] = [
  {
    name: "50 requests at once with one token left: one is served, and the others are told to come tomorrow",
    options: { used: 999 },
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 1000 });
      const guests = await comeMany(gate, 50, key);
      assert.deepEqual(hows(guests).filter((how) => how === "served").length, 1);
      assert.deepEqual(gate.limiter.state, { serving: 1, waiting: 49 });
      guests.find(({ how }) => how === "served")?.end(70);
      await gate.rest();
      assert.equal(hows(guests).filter((how) => how === "tokens-per-day").length, 49);
      assert.deepEqual(gate.limiter.state, { serving: 0, waiting: 0 });
      assert.equal(retryAfter(guests[49]), (12 * HOUR) / 1000);
    },
  },
  {
    name: "what is set aside and not used is there for who waits",
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      const one = await gate.come(key, { expectedTokens: 60 });
      const two = await gate.come(key, { expectedTokens: 60 });
      const three = await gate.come(key, { expectedTokens: 60 });
      assert.deepEqual(hows([one, two, three]), ["served", "served", "waiting"]);
      one.end(5);
      await gate.rest();
      assert.deepEqual(hows([three]), ["served"]);
    },
  },
  {
    name: "a stream that was cut counts what went through, one without usage what was set aside, a failed one nothing",
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      (await gate.come(key, { expectedTokens: 30 })).end(20);
      (await gate.come(key, { expectedTokens: 30 })).end(null);
      (await gate.come(key, { expectedTokens: 30 })).end(0);
      const last = await gate.come(key, { expectedTokens: 50 });
      // Left: 100 - 20 - 30 = 50; all of it is set aside now.
      assert.deepEqual(hows([last, await gate.come(key)]), ["served", "waiting"]);
    },
  },
  {
    name: "more than was set aside counts too",
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      (await gate.come(key, { expectedTokens: 10 })).end(120);
      await gate.rest();
      assert.equal((await gate.come(key)).how, "tokens-per-day");
    },
  },
  {
    name: "a new day (UTC) has new tokens, and a stream counts for the day on which it began",
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      gate.setWall(NOON + 12 * HOUR - 1000);
      (await gate.come(key, { expectedTokens: 50 })).end(50);
      const long = await gate.come(key, { expectedTokens: 50 });
      const overnight = await gate.come(key, { expectedTokens: 60 });
      assert.equal(overnight.how, "waiting");
      await gate.pass(2000);
      const next = await gate.come(key, { expectedTokens: 40 });
      assert.deepEqual(hows([overnight, next, await gate.come(key)]), ["served", "served", "waiting"]);
      long.end(50);
      await gate.rest();
      overnight.end(60);
      await gate.rest();
      next.end(40);
      await gate.rest();
      assert.equal((await gate.come(key)).how, "tokens-per-day");
    },
  },
  {
    name: "a restart gives no tokens back: what the store knows counts",
    options: { used: 100 },
    run: async (gate) => {
      const guest = await gate.come(aKey("alice", { tokensPerDay: 100 }));
      assert.equal(guest.how, "tokens-per-day");
      assert.equal((await gate.come(aKey("bob", { tokensPerDay: 101 }))).how, "served");
    },
  },
  {
    name: "the store is gone: a key with a limit of tokens is refused, one without is served",
    run: async (gate) => {
      gate.store.isGone = true;
      const key = aKey("alice", { tokensPerDay: 100 });
      assert.deepEqual(hows([await gate.come(key), await gate.come(aKey("bob"))]), ["limits-unknown", "served"]);
      gate.store.isGone = false;
      assert.equal((await gate.come(key)).how, "served");
    },
  },
  {
    name: "a clock set back a day and on again finds what was used",
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      (await gate.come(key, { expectedTokens: 1 })).end(100);
      gate.setWall(NOON - 24 * HOUR);
      assert.equal((await gate.come(key)).how, "served");
      gate.setWall(NOON);
      assert.equal((await gate.come(key)).how, "tokens-per-day");
    },
  },
];

const TURNS: readonly Case[] = [
  {
    name: "one stream more than a key may have at once waits, and holds nobody else up",
    run: async (gate) => {
      const alice = aKey("alice", { concurrent: 2 });
      const [one, two, three] = [await gate.come(alice), await gate.come(alice), await gate.come(alice)];
      const bob = await gate.come(aKey("bob"));
      assert.deepEqual(hows([one, two, three, bob]), ["served", "served", "waiting", "served"]);
      await gate.pass(3000);
      two.end();
      await gate.rest();
      assert.deepEqual(turnOf(three), { stoodBehind: 0, waitedMs: 3000 });
    },
  },
  {
    name: "ten of one key wait and one of another comes: it is next but one at most",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const [alice, bob] = [aKey("alice"), aKey("bob")];
      const many: Guest[] = [];
      for (let index = 0; index < 11; index += 1) many.push(await gate.come(alice));
      const late = await gate.come(bob);
      const later = await gate.come(bob);
      const order: string[] = [];
      for (let serving = many[0]; serving !== undefined;) {
        serving.end();
        await gate.rest();
        const waited = [...many, late, later].filter((guest) => guest.how === "served");
        serving = waited.find((guest) => !order.includes(nameOf(guest)) && guest !== many[0]);
        if (serving !== undefined) order.push(nameOf(serving));
      }
      assert.deepEqual(order, ["a1", "b0", "a2", "b1", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"]);
      assert.deepEqual([turnOf(late).stoodBehind, turnOf(later).stoodBehind], [1, 3]);
      function nameOf(guest: Guest): string {
        const index = many.indexOf(guest);
        return index >= 0 ? `a${index}` : `b${[late, later].indexOf(guest)}`;
      }
    },
  },
  {
    name: "the queue of a key is full, then that of all: refused with the place it would have had",
    options: { settings: { turns: 1, maxWaitingPerKey: 2, maxWaiting: 3 } },
    run: async (gate) => {
      const alice = aKey("alice");
      const first = await gate.come(alice);
      await gate.pass(10_000);
      first.end(1);
      const guests = [await gate.come(alice), await gate.come(alice), await gate.come(alice), await gate.come(alice)];
      assert.deepEqual(hows(guests), ["served", "waiting", "waiting", "key-queue-full"]);
      assert.deepEqual([place(guests[3]), retryAfter(guests[3])], [3, 20]);
      const bob = await gate.come(aKey("bob"));
      const carol = await gate.come(aKey("carol"));
      assert.deepEqual(hows([bob, carol]), ["waiting", "queue-full"]);
      assert.equal(place(carol), 3);
    },
  },
  {
    name: "who has waited as long as anybody may is refused, with its place and when to come again",
    options: { settings: { turns: 1, patienceMs: 30_000 } },
    run: async (gate) => {
      const guests = [await gate.come(aKey("alice")), await gate.come(aKey("bob")), await gate.come(aKey("carol"))];
      await gate.pass(29_999);
      assert.deepEqual(hows(guests), ["served", "waiting", "waiting"]);
      await gate.pass(1);
      assert.deepEqual(hows(guests), ["served", "queue-timeout", "queue-timeout"]);
      assert.equal(place(guests[1]), 1);
      assert.deepEqual(gate.limiter.state, { serving: 1, waiting: 0 });
    },
  },
  {
    name: "a client that leaves leaves the queue at once, and those behind it move up",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const key = aKey("alice");
      const guests = [await gate.come(key), await gate.come(key), await gate.come(key)];
      guests[1]?.leave();
      await gate.rest();
      assert.deepEqual(hows(guests), ["served", "left", "waiting"]);
      assert.deepEqual(gate.limiter.state, { serving: 1, waiting: 1 });
      guests[0]?.end();
      await gate.rest();
      assert.deepEqual(hows(guests), ["served", "left", "served"]);
    },
  },
  {
    name: "a turn is given back once, however often it is said",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const key = aKey("alice", { tokensPerDay: 100 });
      const one = await gate.come(key, { expectedTokens: 10 });
      for (let time = 0; time < 3; time += 1) one.end(10);
      await gate.rest();
      const guests = [await gate.come(key, { expectedTokens: 90 }), await gate.come(key)];
      assert.deepEqual(hows(guests), ["served", "waiting"]);
      one.end(10);
      await gate.rest();
      assert.deepEqual(hows(guests), ["served", "waiting"]);
      assert.deepEqual(gate.limiter.state, { serving: 1, waiting: 1 });
    },
  },
  {
    name: "it is about to end: who waits and who comes is refused, who is served is waited for",
    options: { settings: { turns: 1 } },
    run: async (gate) => {
      const guests = [await gate.come(aKey("alice")), await gate.come(aKey("bob"))];
      let isDrained = false;
      const drained = gate.limiter.drain().then(() => (isDrained = true));
      await gate.rest();
      assert.deepEqual(hows([...guests, await gate.come(aKey("carol"))]), ["served", "draining", "draining"]);
      assert.equal(isDrained, false);
      guests[0]?.end();
      await drained;
      assert.deepEqual(gate.limiter.state, { serving: 0, waiting: 0 });
    },
  },
  {
    name: "a limit that was changed counts from the next request on",
    run: async (gate) => {
      const before = [await gate.come(aKey("alice")), await gate.come(aKey("alice"))];
      const lowered = await gate.come(aKey("alice", { concurrent: 1 }));
      assert.deepEqual(hows([...before, lowered]), ["served", "served", "waiting"]);
      before[0]?.end();
      await gate.rest();
      assert.equal(lowered.how, "waiting");
      before[1]?.end();
      await gate.rest();
      assert.equal(lowered.how, "served");
    },
  },
];

function testOn(open: (options: GateOptions) => Promise<Gate>): void {
  for (const { name, options, run } of [...RATES, ...TOKENS, ...TURNS]) {
    test(name, async () => {
      const gate = await open(options ?? {});
      try {
        await run(gate);
      } finally {
        await gate.limiter.close();
      }
    });
  }
}

describe("in memory", () => {
  testOn(openLocalGate);
});

describe("in Redis", { skip: missingRedis() ?? false }, () => {
  let redis: Redis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());
  testOn((options) => openSharedGate(redis.url, options));
});
