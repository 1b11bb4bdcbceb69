/**
 * The judge of firewalls against the kernel: what it predicts of a rule set is what happens to connections really
 * tried. The small run of run.ts, with a seed that stays the same; and the facts that surprised somebody once.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { missingRequirement } from "../requirements.ts";
import { runDifferential, tryFacts } from "./differential.ts";
import { FACTS } from "./known-facts.ts";
import { Tally } from "./tally.ts";

const skip = missingRequirement("firewall") ?? false;
const SEED = 20_261;
const SMALL_RUN = { seed: SEED, firstNumber: 0, dialect: null, limit: 20, worlds: 4 };

/** Tried in one world, when the first of the tests asks for it. */
let facts: ReturnType<typeof tryFacts> | null = null;

for (const [index, fact] of FACTS.entries()) {
  test(fact.what, { skip, timeout: 60_000 }, async () => {
    const expected = fact.attempts.map(({ connects }) =>
      connects ? { predicted: "admitted", happened: "connected" } : { predicted: "stopped", happened: "not connected" },
    );
    facts ??= tryFacts(FACTS.length);
    const results = (await facts)[index]?.map(({ predicted, happened }) => {
      return { predicted, happened: happened === "connected" ? happened : "not connected" };
    });
    assert.deepEqual(results, expected);
  });
}

test("random rule sets let through whom the judge says, and nobody else", { skip, timeout: 300_000 }, async () => {
  const tally = new Tally();
  await runDifferential({ ...SMALL_RUN, count: 300, shrinks: 2, sabotage: false }, (result) => tally.add(result));
  console.log(`seed ${SEED}\n${tally.describe()}`);
  assert.deepEqual([...tally.proofs, ...tally.complaints], []);
  assert.equal(tally.wrong, 0);
  assert.ok(tally.undecidableShare < 0.01);
});

test("a judge who is wrong by one address is caught", { skip, timeout: 120_000 }, async () => {
  const tally = new Tally();
  await runDifferential({ ...SMALL_RUN, count: 12, shrinks: 0, sabotage: true }, (result) => tally.add(result));
  assert.ok(tally.wrong > 0);
});
