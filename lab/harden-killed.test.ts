/**
 * Portlock killed at a moment that chance chooses, while it closes real hosts in every manner: afterwards the host is
 * as it was or as planned, the history says which, and an undo gives it back.
 *
 * PORTLOCK_LAB=full kills it 20 times on each host; PORTLOCK_SEED=N chooses the same moments again.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { History, Journal } from "../src/apply/journal.ts";
import type { Claim, Plan } from "../src/plan/plan.ts";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "./audit.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { ExtraPlaces } from "./configurations/configuration.ts";
import { isFull } from "./extent.ts";
import { openRandom } from "./firewall/random.ts";
import type { Host } from "./host.ts";
import { readHostState, waitUntilAsBefore } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";
import { placesOf, tryRoute } from "./try-route.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
const seed = Number(process.env["PORTLOCK_SEED"] ?? Date.now() % 1_000_000);
const tally = { killed: 0, asBefore: 0, asPlanned: 0 };
after(() => {
  lab?.close();
  console.log(`seed ${seed}: killed ${tally.killed} times, ${tally.asBefore} as before, ${tally.asPlanned} as planned`);
});

const KILLS = isFull ? 20 : 2;
const PATIENCE_MS = 60_000;

const CASES: readonly (readonly [configuration: string, ...args: string[]])[] = [
  ["all-addresses"],
  ["comment-applied", "--mend", "leftovers"],
  ["environment-file-wins", "--method", "environment"],
  ["all-addresses", "--firewall", "auto"],
  ["docker-published", "--recreate"],
];

/** How long it takes when nobody disturbs it, with what it then claims. The host is as before afterwards. */
async function rehearse(
  host: Host,
  args: readonly string[],
): Promise<{ readonly plan: Plan; readonly tookMs: number }> {
  const begun = performance.now();
  const { stdout, stderr } = await runPortlock(host, ["harden", "--yes", "--json", ...args]);
  const tookMs = performance.now() - begun;
  const { plan, journal }: { plan: Plan; journal: Journal | null } = JSON.parse(stdout);
  assert.equal(journal?.state, "applied", stderr);
  assert.equal((await runPortlock(host, ["undo", "--json"])).exitCode, 0);
  return { plan, tookMs };
}

async function killAfter(host: Host, milliseconds: number, args: readonly string[]): Promise<void> {
  const portlock = [NODE_INSIDE, `${CHECKOUT_INSIDE}/src/main.ts`, "harden", "--yes", "--json", ...args];
  const seconds = (milliseconds / 1000).toFixed(3);
  // The shell tells how it ended, also where it was killed.
  await host.attempt(["sh", "-c", '"$@"; exit $?', "sh", "timeout", "-s", "KILL", seconds, ...portlock], {
    timeoutMs: 180_000,
  });
}

/** What the history says of the newest change once that has come to its end; null where none was begun. */
async function waitForEnd(host: Host, known: readonly string[]): Promise<Journal | null> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const { stdout, stderr } = await runPortlock(host, ["history", "--json"]);
    const { journals, damaged }: History = JSON.parse(stdout === "" ? stderr : stdout);
    assert.deepEqual(damaged, []);
    const journal = journals.find(({ id }) => !known.includes(id));
    if (journal === undefined) return null;
    if (["applied", "undone", "undo-failed"].includes(journal.state)) return journal;
    // Killed before its watch was there, it has touched nothing, and waits to be told so.
    const isWatched = journal.events.some(({ what }) => what === "armed");
    if (!isWatched) await runPortlock(host, ["undo", journal.id, "--json"]);
    assert.ok(Date.now() < deadline, `still ${journal.state}: ${JSON.stringify(journal.events)}`);
  }
}

async function assertClosed(claims: readonly Claim[], host: Host, extra: ExtraPlaces): Promise<void> {
  for (const claim of claims) {
    for (const place of placesOf(claim, host, extra)) {
      assert.equal(await tryRoute(claim, place, host), "closed", `${place.name} to ${claim.entry.address}`);
    }
  }
}

for (const [index, [id, ...args]] of CASES.entries()) {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  if (configuration === undefined) throw new Error(`no configuration ${id}`);
  const skip = missingRequirement(...(configuration.needs ?? [])) ?? false;
  const name = ["portlock harden", ...args, `on ${id}, killed ${KILLS} times`].join(" ");
  test(`${name}: as before or as planned`, { skip, timeout: 1_200_000 }, async () => {
    assert.ok(lab);
    const random = openRandom(seed, index);
    const host = await lab.host(configuration.host ?? {});
    const extra = (await configuration.set(host)) ?? {};
    const before = await readHostState(host);
    const { plan, tookMs } = await rehearse(host, args);
    assert.deepEqual(await waitUntilAsBefore(host, before), []);
    const known: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { journals }: History = JSON.parse((await runPortlock(host, ["history", "--json"])).stdout);
      known.push(...journals.map((each) => each.id).filter((each) => !known.includes(each)));
      await killAfter(host, random.fraction() * tookMs, args);
      tally.killed += 1;
      const journal = await waitForEnd(host, known);
      if (journal?.state === "applied") {
        await assertClosed(plan.claims, host, extra);
        assert.equal((await runPortlock(host, ["undo", journal.id, "--json"])).exitCode, 0);
        tally.asPlanned += 1;
      } else {
        assert.ok(journal === null || journal.state === "undone", JSON.stringify(journal?.events));
        tally.asBefore += 1;
      }
      assert.deepEqual(await waitUntilAsBefore(host, before), []);
    }
    host.close();
  });
}
