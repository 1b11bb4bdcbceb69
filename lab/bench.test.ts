import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { missingRequirement } from "./requirements.ts";

// Whether the promises hold is for a quiet machine to say; here the benchmarks must run and measure every row.
test("the benchmark of harden measures every way in its small form", { skip: missingRequirement() ?? false }, () => {
  const script = join(import.meta.dirname, "../bench/harden.ts");
  const run = spawnSync(process.execPath, [script, "--small", "--json"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const rows: unknown = JSON.parse(run.stdout);
  assert.ok(Array.isArray(rows));
  assert.deepEqual(
    rows.map(({ unit, figure }) => [unit, typeof figure]),
    ["ms", "ms", "ms"].map((unit) => [unit, "number"]),
  );
});

test("the benchmark measures every row of its small form", { skip: missingRequirement() ?? false }, () => {
  const script = join(import.meta.dirname, "../bench/audit.ts");
  const run = spawnSync(process.execPath, [script, "--small", "--json"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const rows: unknown = JSON.parse(run.stdout);
  assert.ok(Array.isArray(rows));
  assert.deepEqual(
    rows.map(({ unit, figure }) => [unit, typeof figure]),
    ["ms", "ms", "ms", "times", "MB"].map((unit) => [unit, "number"]),
  );
});
