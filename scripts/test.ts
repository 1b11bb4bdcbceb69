/**
 * Runs all checks and tests and ends with one plain count.
 *
 *   npm test                      everything
 *   npm test -- checks            types, lint and walls, format, dead code, build, package
 *   npm test -- unit              tests beside the sources
 *   npm test -- lab               tests on real hosts (root)
 *   npm test -- src/judge lab/ssh test files whose path contains one of these texts
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import type { Outcome } from "./outcome-reporter.ts";
import { runTestFile } from "./run-test-file.ts";

const CHECKS: readonly (readonly [name: string, script: string, ...options: string[]])[] = [
  ["types", "node_modules/typescript/bin/tsc", "--noEmit"],
  ["lint and walls", "node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
  ["format", "node_modules/oxfmt/bin/oxfmt", "--check"],
  ["dead code", "node_modules/knip/bin/knip.js"],
  ["build", "scripts/build.ts"],
  ["package", "node_modules/publint/src/cli.js", "--strict"],
];
const UNIT = ["src/**/*.test.ts", "lint/**/*.test.ts", "test/**/*.test.ts", "scenarios/**/*.test.ts"];
const LAB = ["lab/**/*.test.ts"];

/** Milliseconds that one file may take: many times what it takes on two cores. */
const LIMIT = { unit: 300_000, lab: 1_200_000 };

/** Files on real hosts at a time: they wait for hosts to boot and packets to be dropped most of the time. */
const LAB_FILES = Math.min(2, availableParallelism());

const started = performance.now();
const cwd = process.cwd();
process.chdir(join(import.meta.dirname, ".."));

/** Every file is a process that loads much the same modules: what one has compiled, the next one takes. */
process.env["NODE_COMPILE_CACHE"] = join(import.meta.dirname, "../node_modules/.cache/compiled");

const count = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skips = new Map<string, string[]>();
const stop = new AbortController();
const stoppedBy: NodeJS.Signals[] = [];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // Tests end what they have started; waiting for them leaves nothing behind. A second signal does not wait.
  process.once(signal, () => {
    stoppedBy.push(signal);
    stop.abort();
  });
}

function tell(where: string, { kind, name, text }: Outcome): void {
  count[kind] += 1;
  const what = where === name ? where : `${where}: ${name}`;
  if (kind === "skipped") skips.set(text, [...(skips.get(text) ?? []), what]);
  if (kind === "failed") failures.push(what);
}

async function runChecks(): Promise<void> {
  for (const [name, script, ...options] of CHECKS) {
    if (stop.signal.aborted) return;
    const begun = performance.now();
    const child = spawn(process.execPath, [script, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
    }
    stop.signal.addEventListener("abort", () => child.kill(), { once: true });
    const [exitCode] = await once(child, "close");
    const kind = exitCode === 0 ? "passed" : "failed";
    tell("checks", { kind, name, text: "", milliseconds: 0 });
    console.log(`${toMark(kind)} ${name} (${toSeconds(performance.now() - begun)})`);
    if (kind === "failed") console.log(indent(printed));
  }
}

/** One file, told in one line, or each of its tests in a line where that takes long. */
async function runFile(file: string, limit: number, eachTest: boolean): Promise<void> {
  const begun = performance.now();
  // Where files run side by side their lines stand among each other.
  const about = LAB_FILES > 1 ? `${basename(file, ".test.ts")}: ` : "";
  const outcomes: Outcome[] = [];
  const printed = await runTestFile(file, {
    limit,
    stop: stop.signal,
    hear: (outcome) => {
      if (stop.signal.aborted) return;
      outcomes.push(outcome);
      tell(file, outcome);
      if (eachTest) console.log(`${toMark(outcome.kind)} ${about}${outcome.name} (${toSeconds(outcome.milliseconds)})`);
    },
  });
  if (stop.signal.aborted) return;
  const failed = outcomes.filter(({ kind }) => kind === "failed");
  const took = toSeconds(performance.now() - begun);
  console.log(`${toMark(failed.length > 0 ? "failed" : "passed")} ${file}: ${outcomes.length} tests (${took})`);
  for (const { name, text } of failed) console.log(indent(`✖ ${name}\n${indent(text)}`));
  if (printed !== "" && (failed.length > 0 || eachTest)) console.log(indent(printed.trimEnd()));
}

async function runFiles(files: readonly string[], limit: number, atATime: number): Promise<void> {
  const waiting = [...files];
  async function work(): Promise<void> {
    for (let file = waiting.shift(); file !== undefined && !stop.signal.aborted; file = waiting.shift()) {
      await runFile(file, limit, limit === LIMIT.lab);
    }
  }
  await Promise.all(Array.from({ length: atATime }, work));
}

async function stage(name: string, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  await work();
  if (!stop.signal.aborted) console.log(`${name}: ${toSeconds(performance.now() - begun)}\n`);
}

function toMark(kind: Outcome["kind"]): string {
  return { passed: "✔", failed: "✖", skipped: "﹣" }[kind];
}

function toSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

/** The file itself where it is one, else every test file with this in its path. */
function toFiles(wanted: string): readonly string[] {
  const path = resolve(cwd, wanted);
  if (wanted.endsWith(".test.ts") && existsSync(path)) return [relative(process.cwd(), path)];
  return globSync([...UNIT, ...LAB]).filter((file) => file.includes(wanted));
}

const STAGES: readonly string[] = ["checks", "unit", "lab"];
const wanted = process.argv.slice(2);
const all = wanted.length === 0 || wanted.includes("all");
if (all || wanted.includes("checks")) await stage("checks", runChecks);
if (all || wanted.includes("unit")) {
  await stage("unit", () => runFiles(globSync(UNIT).toSorted(), LIMIT.unit, availableParallelism()));
}
// Lab hosts boot and count seconds: one file at a time keeps their timeouts honest.
if (all || wanted.includes("lab")) await stage("lab", () => runFiles(globSync(LAB).toSorted(), LIMIT.lab, LAB_FILES));
const named = wanted.filter((each) => !STAGES.includes(each));
if (!all && named.length > 0) {
  const files = [...new Set(named.flatMap(toFiles))].toSorted();
  await stage(named.join(" "), () => runFiles(files, LIMIT.lab, 1));
}

for (const [why, names] of skips) console.log(`Skipped, ${why}:\n${indent(names.join("\n"))}\n`);
if (failures.length > 0) console.log(`Failed:\n${indent(failures.join("\n"))}\n`);
for (const signal of stoppedBy) console.log(`Stopped by ${signal}; what ran until then:`);
console.log(`Took ${toSeconds(performance.now() - started)}.`);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 && count.passed + count.skipped > 0 ? 0 : 1;
for (const signal of stoppedBy) process.kill(process.pid, signal);
