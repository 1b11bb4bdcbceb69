/**
 * Runs all checks and tests and ends with one plain count.
 *
 *   npm test                      everything
 *   npm test -- checks            types, lint, format, dead code, build, package
 *   npm test -- unit              tests beside the sources
 *   npm test -- lab               tests on real hosts (root)
 *   npm test -- src/judge         test files whose path contains this text
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dirname, "..");
process.chdir(root);

const CHECKS: readonly (readonly [name: string, script: string, ...options: string[]])[] = [
  ["types", "node_modules/typescript/bin/tsc", "--noEmit"],
  ["lint and walls", "node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
  ["format", "node_modules/oxfmt/bin/oxfmt", "--check"],
  ["dead code", "node_modules/knip/bin/knip.js"],
  ["build", "scripts/build.ts"],
  ["package", "node_modules/publint/src/cli.js", "--strict"],
];

function runChecks(): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, script, ...options] of CHECKS) {
    const result = spawnSync(process.execPath, [script, ...options], { encoding: "utf8" });
    const passed = result.status === 0;
    count[passed ? "passed" : "failed"] += 1;
    console.log(`${passed ? "✔" : "✖"} ${name}`);
    if (!passed) console.log(`${result.stdout}${result.stderr}`);
  }
  return count;
}

async function runTests(files: readonly string[], concurrency: number): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return count;
  const stream = run({ files: [...files], concurrency });
  stream.on("test:summary", ({ counts, file }) => {
    if (file !== undefined) return;
    count.passed = counts.passed;
    count.failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    count.skipped = counts.skipped + counts.todo;
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return count;
}

const wanted = process.argv[2] ?? "all";
const unitFiles = globSync(["src/**/*.test.ts", "lint/**/*.test.ts", "test/**/*.test.ts", "scenarios/**/*.test.ts"]);
const labFiles = globSync("lab/**/*.test.ts");
const counts: Count[] = [];
if (wanted === "all" || wanted === "checks") counts.push(runChecks());
if (wanted === "all" || wanted === "unit") counts.push(await runTests(unitFiles, availableParallelism()));
// Lab hosts boot and count seconds: one file at a time keeps their timeouts honest.
if (wanted === "all" || wanted === "lab") counts.push(await runTests(labFiles, 1));
if (!["all", "checks", "unit", "lab"].includes(wanted)) {
  counts.push(
    await runTests(
      [...unitFiles, ...labFiles].filter((file) => file.includes(wanted)),
      1,
    ),
  );
}

const total = (key: keyof Count): number => counts.reduce((sum, count) => sum + count[key], 0);
console.log(`${total("passed")} passed, ${total("failed")} failed, ${total("skipped")} skipped`);
process.exitCode = total("failed") === 0 && total("passed") > 0 ? 0 : 1;
