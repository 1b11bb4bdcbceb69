import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isFull } from "../../../lab/extent.ts";
import { aKey } from "../testing/a-key.ts";
import { openLocalGate, openSharedGate, type Gate, type Guest } from "../testing/gate.ts";
import { LimitsModel } from "../testing/limits-model.ts";
import { missingRedis, startRedis } from "../testing/redis.ts";

const SETTINGS = { turns: 3, maxWaiting: 6, maxWaitingPerKey: 3, patienceMs: 20_000 };
const KEYS = [
  aKey("frugal", { tokensPerDay: 40 }),
  aKey("narrow", { concurrent: 1, tokensPerDay: 200 }),
  aKey("slow", { requestsPerMinute: 6 }),
  aKey("free"),
];

/** What somebody does next; `who` picks one of the guests there are. */
type Act =
  | { readonly kind: "come"; readonly key: number; readonly expected: number; readonly occupiesModel: boolean }
  | { readonly kind: "leave" | "release-again"; readonly who: number }
  | { readonly kind: "end"; readonly who: number; readonly tokens: number | null }
  | { readonly kind: "pass"; readonly milliseconds: number };

const WHO = fc.nat({ max: 1_000 });
const ACT: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("come" as const),
      key: fc.nat({ max: KEYS.length - 1 }),
      expected: fc.integer({ min: 1, max: 30 }),
      occupiesModel: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      who: WHO,
      tokens: fc.option(fc.nat({ max: 12 })),
    }),
  },
  fc.record({ kind: fc.constantFrom("leave" as const, "release-again" as const), who: WHO }),
  fc.record({ kind: fc.constant("pass" as const), milliseconds: fc.integer({ min: 1, max: 15_000 }) }),
);

/** `served` until it is ended, whether it takes a turn or not. */
function toHow(guest: Guest, isEnded: boolean): string {
  return guest.how === "served" && isEnded ? "ended" : guest.how;
}

async function compare(gate: Gate, acts: readonly Act[]): Promise<void> {
  const model = new LimitsModel(SETTINGS, gate.clock.now());
  const guests: Guest[] = [];
  const ended = new Set<number>();
  const end = (who: number, tokens: number | null): void => {
    if (guests[who]?.how !== "served" || ended.has(who)) return;
    guests[who].end(tokens);
    ended.add(who);
    model.end(who, tokens);
  };
  const check = (): void => {
    const seen = guests.map((guest, index) => toHow(guest, ended.has(index)));
    const wanted = model.guests.map(({ how }) => (how === "passing" ? "served" : how));
    assert.deepEqual(seen, wanted);
    assert.deepEqual(gate.limiter.state, model.state);
  };
  for (const act of acts) {
    if (act.kind === "come") {
      const key = KEYS[act.key] ?? aKey("free");
      guests.push(await gate.come(key, { expectedTokens: act.expected, occupiesModel: act.occupiesModel }));
      model.come(key, act.expected, act.occupiesModel);
    } else if (act.kind === "pass") {
      await gate.pass(act.milliseconds);
      model.pass(act.milliseconds);
    } else if (guests.length > 0) {
      const who = act.who % guests.length;
      if (act.kind === "leave") {
        guests[who]?.leave();
        model.leave(who);
      } else if (act.kind === "end") end(who, act.tokens);
      else if (ended.has(who)) guests[who]?.end(7);
      await gate.rest();
    }
    check();
  }
  while (model.state.serving > 0) {
    for (const who of guests.keys()) {
      end(who, 1);
      await gate.rest();
    }
    check();
  }
  assert.deepEqual(gate.limiter.state, { serving: 0, waiting: 0 });
}

function toRuns(numRuns: number): fc.Parameters<unknown> {
  return { numRuns: isFull ? numRuns * 50 : numRuns };
}

test("in memory, whatever happens in whatever order, turns, queue and quotas are what they should be", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ACT, { maxLength: 120, size: "max" }), async (acts) => {
      const gate = await openLocalGate({ settings: SETTINGS });
      await compare(gate, acts);
      assert.equal(gate.clock.pending, 0, "no timer is left");
    }),
    toRuns(300),
  );
});

test("in Redis the same", { skip: missingRedis() ?? false }, async () => {
  const redis = await startRedis();
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(ACT, { maxLength: 80, size: "max" }), async (acts) => {
        const gate = await openSharedGate(redis.url, { settings: SETTINGS, prefix: "model" });
        try {
          await compare(gate, acts);
          assert.equal(redis.ask("HLEN", "{model}:turns"), "0");
        } finally {
          await gate.limiter.close();
          redis.ask("FLUSHALL");
        }
      }),
      toRuns(30),
    );
  } finally {
    await redis.end();
  }
});
