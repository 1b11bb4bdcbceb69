import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Output, Reading } from "./host.ts";
import { runCommand, SYSTEM_PATH } from "./run-command.ts";

function valueOf(reading: Reading<Output>): Output {
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.value;
}

function whyOf(reading: Reading<Output>): string {
  return reading.ok ? "ok" : reading.why;
}

function makeDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "portlock-test-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Waits until a process is gone or a zombie; the test runner's own limit ends a wait in vain. */
async function waitForEnd(pid: string): Promise<void> {
  for (;;) {
    try {
      if (/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("exit code and both streams are values, whatever the code", async () => {
  const reading = await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"]);
  assert.deepEqual(valueOf(reading), { exitCode: 3, stdout: "out\n", stderr: "err\n" });
  assert.equal(reading.from, "sh -c 'echo out; echo err >&2; exit 3'");
});

test("an end by a signal is 128 plus its number", async () => {
  assert.equal(valueOf(await runCommand(["sh", "-c", "kill -TERM $$"])).exitCode, 143);
});

test("arguments arrive as they are, no shell reads them", async () => {
  const words = ["$(id)", "a b", "*", "'", '"', "\n", ""];
  assert.equal(valueOf(await runCommand(["printf", "%s|", ...words])).stdout, words.map((word) => `${word}|`).join(""));
});

test("the environment is clean and the input is closed", async () => {
  process.env["PORTLOCK_TEST_SECRET"] = "s3cret";
  assert.deepEqual(
    valueOf(await runCommand(["env"]))
      .stdout.trim()
      .split("\n")
      .toSorted(),
    ["LC_ALL=C", `PATH=${SYSTEM_PATH}`],
  );
  delete process.env["PORTLOCK_TEST_SECRET"];
  assert.equal(valueOf(await runCommand(["cat"])).stdout, "");
});

test("bytes that are no UTF-8 are replaced", async () => {
  assert.equal(valueOf(await runCommand(["printf", "a\\377b"])).stdout, "a\ufffdb");
});

test("a missing program is absent, one that may not be run is denied", async (context) => {
  const directory = makeDirectory(context);
  assert.equal(whyOf(await runCommand(["no-such-program"])), "absent");
  writeFileSync(join(directory, "tool"), "#!/bin/sh\n");
  chmodSync(join(directory, "tool"), 0o644);
  assert.equal(whyOf(await runCommand(["tool"], { path: directory })), "denied");
});

test("words that cannot be run are a reading, not a throw", async () => {
  assert.equal(whyOf(await runCommand([])), "failed");
  assert.equal(whyOf(await runCommand(["echo", "a\0b"])), "absent");
  assert.equal(whyOf(await runCommand(["echo", "x".repeat(4 * 1024 * 1024)])), "too-large");
});

test("a command that does not end is a timeout, and its children are ended too", async (context) => {
  const pidFile = join(makeDirectory(context), "pid");
  const script = `sleep 1000 & echo $! > ${pidFile}; wait`;
  assert.equal(whyOf(await runCommand(["sh", "-c", script], { timeoutMs: 300 })), "timeout");
  await waitForEnd(readFileSync(pidFile, "utf8").trim());
});

test("a grandchild that keeps the output open does not keep the call open", async () => {
  const output = valueOf(await runCommand(["sh", "-c", "echo early; sleep 1000 & echo $!"]));
  const [early, pid] = output.stdout.trim().split("\n");
  assert.equal(early, "early");
  await waitForEnd(pid ?? "");
});

test("a grandchild in a session of its own does not keep the call open either", async () => {
  const output = valueOf(await runCommand(["sh", "-c", "setsid sh -c 'echo $$; exec sleep 5' & sleep 0.1"]));
  const pid = Number(output.stdout.trim());
  assert.ok(pid > 1);
  process.kill(pid, "SIGKILL");
});

test("endless output is too large, and the command is ended", async () => {
  assert.equal(whyOf(await runCommand(["yes"], { outputBytes: 100_000 })), "too-large");
});

test("output of exactly the cap is whole", async () => {
  const limits = { outputBytes: 10 };
  assert.equal(valueOf(await runCommand(["printf", "0123456789"], limits)).stdout, "0123456789");
  assert.equal(whyOf(await runCommand(["printf", "0123456789a"], limits)), "too-large");
});

test("an endless error stream is cut, and changes nothing else", async () => {
  const output = valueOf(await runCommand(["sh", "-c", "head -c 1000000 /dev/zero >&2; echo done"]));
  assert.equal(output.stdout, "done\n");
  assert.ok(output.stderr.length <= 64 * 1024);
});

test("an aborted command ends at once", async () => {
  const closing = new AbortController();
  const reading = runCommand(["sleep", "1000"], { signal: closing.signal });
  closing.abort();
  assert.equal(whyOf(await reading), "failed");
  assert.equal(whyOf(await runCommand(["true"], { signal: closing.signal })), "failed");
});
