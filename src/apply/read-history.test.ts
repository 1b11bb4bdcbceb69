import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { openLocalWriter } from "../host/local-writer.ts";
import { parseEvents, parsePlan, parseState } from "./parse-change.ts";
import { readHistory, refuseUnfinished } from "./read-history.ts";
import { openBench, toPlan } from "../../test/a-change.ts";

const host = openLocalWriter();
const bench = openBench();
after(async () => {
  await host.close();
  bench.remove();
});

const LINE = '{"at":"2026-11-28T06:01:02Z","what":"begun","step":null,"detail":null}';

function lay(state: string, id: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(state, id), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(state, id, name), text);
}

test("what is damaged is told, what was never begun is not, and what is none of ours is left alone", async () => {
  const state = join(bench.state, "one");
  const plan = JSON.stringify(toPlan({}));
  lay(state, "20261128T060000Z-0001", { state: "undone\n", "plan.json": plan, "journal.jsonl": `${LINE}\n` });
  lay(state, "20261128T060000Z-0002", { state: "half\n", "plan.json": plan, "journal.jsonl": "" });
  lay(state, "20261128T060000Z-0003", { state: "applied\n", "plan.json": "{}", "journal.jsonl": "" });
  lay(state, "20261128T060000Z-0004", { state: "applied\n", "plan.json": plan, "journal.jsonl": "{}\n" });
  lay(state, "20261128T060000Z-0005", { "plan.json": plan });
  lay(state, "backup", { state: "applied\n" });
  writeFileSync(join(state, "lock"), "");
  const { journals, damaged } = await readHistory(host, state);
  assert.deepEqual(
    journals.map(({ id, state: word }) => [id, word]),
    [["20261128T060000Z-0001", "undone"]],
  );
  assert.deepEqual(damaged, [
    { id: "20261128T060000Z-0002", part: "state" },
    { id: "20261128T060000Z-0003", part: "plan" },
    { id: "20261128T060000Z-0004", part: "journal" },
  ]);
  await assert.rejects(refuseUnfinished(host, state), {
    trouble: { code: "change-unfinished", data: { id: "20261128T060000Z-0002", state: "damaged" } },
  });
});

test("on a host without the folder nothing was changed", async () => {
  assert.deepEqual(await readHistory(host, join(bench.state, "none")), { journals: [], damaged: [] });
});

test("a line that a power cut left without its end is left out, a line that is none is damage", () => {
  assert.equal(parseEvents(`${LINE}\n{"at":"2026-11-`)?.length, 1);
  assert.equal(parseEvents(`{"at":"2026-11-\n${LINE}\n`)?.length, 1);
  assert.equal(parseEvents(`${LINE}\n{"what":"begun"}\n`), null);
});

test("random text is no change, and throws nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(parsePlan(text), null);
      parseState(text);
      parseEvents(text);
    }),
  );
});
