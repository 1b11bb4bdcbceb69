import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";

const scripts = join(import.meta.dirname, "../scripts");
const place = mkdtempSync(join(tmpdir(), "portlock-test-run-"));
after(() => rmSync(place, { recursive: true, force: true }));

function plant(name: string, lines: readonly string[]): string {
  const file = join(place, `${name}.test.ts`);
  writeFileSync(file, ['import test, { after, describe } from "node:test";', ...lines, ""].join("\n"));
  return file;
}

/** Kind and name of each outcome; of one of the file itself what is said of it. */
function runPlanted(file: string, limit: number): readonly (readonly [kind: string, what: string])[] {
  const program = `
    import { runTestFile } from ${JSON.stringify(join(scripts, "run-test-file.ts"))};
    const outcomes = [];
    const stop = new AbortController().signal;
    await runTestFile(${JSON.stringify(file)}, { limit: ${limit}, stop, hear: (outcome) => outcomes.push(outcome) });
    console.log(JSON.stringify(outcomes));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  const outcomes: unknown = JSON.parse(stdout === "" ? "null" : stdout);
  assert.ok(Array.isArray(outcomes), stderr);
  return outcomes.map(({ kind, name, text }) => [kind, name === file ? text.split("\n")[0] : name]);
}

const NEVER = 600_000;
const planted: readonly {
  readonly what: string;
  readonly lines: readonly string[];
  readonly limit?: number;
  readonly outcomes: readonly (readonly [kind: string, what: string])[];
}[] = [
  {
    what: "tests and tests in suites count once each",
    lines: ['test("one", () => {});', 'describe("suite", () => { test("two", () => {}); });'],
    outcomes: [
      ["passed", "one"],
      ["passed", "two"],
    ],
  },
  {
    what: "a test that throws",
    lines: ['test("one", () => { throw new Error("no"); });'],
    outcomes: [["failed", "one"]],
  },
  {
    what: "a file that throws while it loads",
    lines: ['test("one", () => {});', 'throw new Error("no");'],
    outcomes: [["failed", "it ran no test"]],
  },
  { what: "a file without a test", lines: ["after;"], outcomes: [["failed", "it holds no test"]] },
  {
    what: "a file that ends well before its tests have",
    lines: [
      "const soon = () => new Promise((resolve) => setTimeout(resolve, 200));",
      'test("one", soon);',
      'test("two", async () => { await soon(); process.exit(0); });',
      'test("three", () => { throw new Error("never run"); });',
    ],
    outcomes: [
      ["passed", "one"],
      ["failed", "it ended before all of its tests had"],
    ],
  },
  {
    what: "a file that is killed",
    lines: ['test("one", () => process.kill(process.pid, "SIGKILL"));'],
    outcomes: [["failed", "it was ended by SIGKILL"]],
  },
  {
    what: "a hook that fails when all tests have passed",
    lines: ['describe("suite", () => { after(() => { throw new Error("no"); }); test("one", () => {}); });'],
    outcomes: [
      ["passed", "one"],
      ["failed", "suite"],
    ],
  },
  {
    what: "a suite whose body throws",
    lines: ['describe("suite", () => { test("one", () => {}); throw new Error("no"); });'],
    outcomes: [
      ["failed", "one"],
      ["failed", "suite"],
    ],
  },
  {
    what: "something that fails when all tests are over",
    lines: ['test("one", () => {});', 'setTimeout(() => { throw new Error("late"); }, 50);'],
    outcomes: [
      ["passed", "one"],
      ["failed", "it failed when its tests were over"],
    ],
  },
  {
    what: "a skipped test, a skipped suite, and one still to do",
    lines: [
      'test("one", { skip: "needs root" }, () => {});',
      'describe("two", { skip: "needs root" }, () => { test("inside", () => {}); });',
      'test("three", { todo: "later" }, () => { throw new Error("not yet"); });',
    ],
    outcomes: [
      ["skipped", "one"],
      ["skipped", "two"],
      ["skipped", "three"],
    ],
  },
  {
    what: "a file that does not end",
    lines: ['test("one", () => new Promise(() => setInterval(() => {}, 1_000)));'],
    limit: 1_500,
    outcomes: [["failed", "it had not ended after 1.5 s, and was ended"]],
  },
];

for (const { what, lines, limit, outcomes } of planted) {
  test(`the test run counts ${what}`, () => {
    assert.deepEqual(runPlanted(plant(what.replaceAll(" ", "-"), lines), limit ?? NEVER), outcomes);
  });
}

test("a failure makes the test run fail, and its last line is the plain count", () => {
  const file = plant("one-of-two", ['test("one", () => {});', 'test("two", () => { throw new Error("no"); });']);
  const { status, stdout } = spawnSync(process.execPath, [join(scripts, "test.ts"), file], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.equal(stdout.trimEnd().split("\n").at(-1), "1 passed, 1 failed, 0 skipped");
  assert.match(stdout, /Failed:\n.*one-of-two\.test\.ts: two\n/);
});

test("a test run in which nothing was run fails", () => {
  const options = { encoding: "utf8" } as const;
  const { status, stdout } = spawnSync(process.execPath, [join(scripts, "test.ts"), "no-such-test"], options);
  assert.equal(status, 1);
  assert.match(stdout, /^0 passed, 0 failed, 0 skipped$/m);
});

test("Ctrl-C ends the test file too, and the run dies of the signal", async () => {
  const pidFile = join(place, "pid");
  const file = plant("waits", [
    'import { writeFileSync } from "node:fs";',
    `test("one", () => { writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1_000);`,
    "return new Promise(() => {}); });",
  ]);
  const child = spawn(process.execPath, [join(scripts, "test.ts"), file], { stdio: "ignore" });
  const ended = once(child, "close");
  let pid = 0;
  while (pid === 0 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      pid = Number(readFileSync(pidFile, "utf8"));
    } catch {
      // Not started yet.
    }
  }
  child.kill("SIGINT");
  const [, signal] = await ended;
  assert.equal(signal, "SIGINT");
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
});
