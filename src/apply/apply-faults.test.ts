/** Portlock struck at every verb that changes something: in the end the host is as it was, or as planned. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openLocalWriter } from "../host/local-writer.ts";
import type { Plan } from "../plan/plan.ts";
import { confirmChange } from "./confirm-change.ts";
import type { ChangeState, Journal } from "./journal.ts";
import { readHistory } from "./read-history.ts";
import { type Bench, look, openBench, toPlan } from "../../test/a-change.ts";
import type { Blow, Orders } from "./testing/apply-and-die.ts";
import { undoChange } from "./undo-change.ts";

const PROGRAM = fileURLToPath(new URL("testing/apply-and-die.ts", import.meta.url));
const host = openLocalWriter();
after(() => host.close());

const FINAL: readonly ChangeState[] = ["applied", "undone", "undo-failed"];
const PATIENCE_MS = 60_000;
const AT_ONCE = 4;

/** Two steps, and in them each kind of change. */
function toPlanOf(tree: string): Plan {
  return toPlan(
    {
      folders: [join(tree, "unit.d")],
      files: [{ path: join(tree, "unit.d", "zz.conf"), edit: { kind: "write", text: "[Service]\n", mode: 0o644 } }],
      commands: [["cp", "-a", "--", join(tree, "key"), join(tree, "made")]],
      undo: { before: [["rm", "-f", "--", join(tree, "made")]], after: [["sync", "--", tree]] },
    },
    {
      files: [
        { path: join(tree, "old"), edit: { kind: "remove" } },
        {
          path: join(tree, "settings"),
          edit: { kind: "splice", splices: [{ line: 1, removed: ["a"], inserted: ["b", "c"] }] },
        },
      ],
      modes: [{ path: join(tree, "key"), from: 0o644, to: 0o600 }],
    },
  );
}

interface Scene {
  readonly bench: Bench;
  readonly before: readonly string[];
  readonly child: ChildProcess;
  readonly said: Promise<string>;
}

function strike(blow: Blow, more: Partial<Orders> = {}): Scene {
  const bench = openBench();
  for (const name of ["old", "settings", "key"]) {
    writeFileSync(join(bench.tree, name), "a\n");
    chmodSync(join(bench.tree, name), 0o644);
  }
  const before = look(bench.tree);
  const { id } = bench.settings();
  const orders: Orders = {
    plan: toPlanOf(bench.tree),
    id,
    confirmWithinSeconds: null,
    patienceSeconds: 600,
    stateFolder: bench.state,
    ...blow,
    ...more,
  };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(orders)], { stdio: ["ignore", "pipe", "inherit"] });
  return { bench, before, child, said: text(child.stdout) };
}

/** What the history says once it says how the change ended; null where it says nothing of it. */
async function waitForEnd(state: string): Promise<Journal | null> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    const { journals, damaged } = await readHistory(host, state);
    assert.deepEqual(damaged, []);
    const [journal] = journals;
    if (journal === undefined || FINAL.includes(journal.state)) return journal ?? null;
    // Struck before anybody watched, and so before anything was touched: whoever looks takes it back.
    if (!journal.events.some(({ what }) => what === "armed")) {
      await sleep(2_000);
      const again = (await readHistory(host, state)).journals[0];
      if (again?.events.some(({ what }) => what === "armed") === false) return await undoChange(host, null, state);
    }
    assert.ok(Date.now() < deadline, `still ${journal.state}: ${JSON.stringify(journal.events)}`);
  }
}

/** Paths, kinds, bytes and permissions, without the times that a new file has. */
function withoutTimes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/ \d{15,} /, " "));
}

async function countVerbs(): Promise<{ readonly verbs: number; readonly planned: readonly string[] }> {
  const { bench, child, said } = strike({ verb: 0, when: "before", signal: "SIGKILL" });
  await once(child, "exit");
  const { verbs, outcome } = JSON.parse(await said);
  assert.equal(outcome, "applied");
  const planned = withoutTimes(look(bench.tree));
  bench.remove();
  return { verbs, planned };
}

async function assertWhole(blow: Blow, planned: readonly string[]): Promise<"before" | "planned"> {
  const { bench, before, child } = strike(blow);
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGKILL");
  const journal = await waitForEnd(bench.state);
  const what = `${blow.when} verb ${blow.verb}: ${JSON.stringify(journal?.events.map((each) => each.what))}`;
  const now = look(bench.tree);
  if (journal === null || journal.state === "undone") assert.deepEqual(now, before, what);
  else {
    assert.equal(journal.state, "applied", what);
    assert.deepEqual(withoutTimes(now), planned, what);
  }
  bench.remove();
  return journal?.state === "applied" ? "planned" : "before";
}

test("killed at any verb, it leaves the host as it was or as planned", { timeout: 600_000 }, async () => {
  const { verbs, planned } = await countVerbs();
  assert.ok(verbs > 30, `${verbs} verbs`);
  const blows: Blow[] = [
    ...Array.from({ length: verbs }, (_, at) => at + 1).flatMap((verb) => [
      { verb, when: "before", signal: "SIGKILL" } as const,
      { verb, when: "during", signal: "SIGKILL" } as const,
    ]),
    // Everything is done by then.
    { verb: verbs, when: "after", signal: "SIGKILL" },
  ];
  const ends: string[] = [];
  async function work(): Promise<void> {
    for (let blow = blows.pop(); blow !== undefined; blow = blows.pop()) ends.push(await assertWhole(blow, planned));
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.equal(ends.length, verbs * 2 + 1);
  assert.ok(ends.includes("planned") && ends.includes("before"));
});

test("stopped in the middle, it is ended and taken back, and changes nothing when it wakes", async () => {
  // The first verbs lay the change; the last but eight is in its second step.
  const { verbs } = await countVerbs();
  const { bench, before, child, said } = strike(
    { verb: verbs - 8, when: "before", signal: "SIGSTOP" },
    { patienceSeconds: 2 },
  );
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
    if ((await readHistory(host, bench.state)).journals[0]?.state === "undone") break;
  }
  assert.deepEqual(look(bench.tree), before);
  child.kill("SIGCONT");
  assert.match(await said, /"outcome":"undone"/);
  assert.deepEqual(look(bench.tree), before);
  bench.remove();
});

test("what nobody confirms in time is taken back, what somebody confirms stays", async () => {
  const { bench, before, said } = strike({ verb: 0, when: "before", signal: "SIGKILL" }, { confirmWithinSeconds: 2 });
  assert.match(await said, /"outcome":"waiting"/);
  assert.notDeepEqual(look(bench.tree), before);
  assert.equal((await waitForEnd(bench.state))?.state, "undone");
  assert.deepEqual(look(bench.tree), before);
  bench.remove();

  const kept = strike({ verb: 0, when: "before", signal: "SIGKILL" }, { confirmWithinSeconds: 5 });
  assert.match(await kept.said, /"outcome":"waiting"/);
  const confirmed = await confirmChange(host, null, { now: () => new Date(), hear: () => {} }, kept.bench.state);
  assert.equal(confirmed.state, "applied");
  assert.equal(confirmed.confirmBy, null);
  await sleep(7_000);
  assert.equal((await readHistory(host, kept.bench.state)).journals[0]?.state, "applied");
  assert.notDeepEqual(look(kept.bench.tree), kept.before);
  kept.bench.remove();
});
