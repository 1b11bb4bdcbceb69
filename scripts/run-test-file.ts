/** Runs one test file in a process of its own, and tells what came of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Line, Outcome } from "./outcome-reporter.ts";

export interface Watch {
  /** Milliseconds until the file is ended and counted as failed. */
  readonly limit: number;
  /** Ends the file early. */
  readonly stop: AbortSignal;
  /** Hears each outcome at once. */
  readonly hear: (outcome: Outcome) => void;
}

/** Milliseconds for a file that was told to end to take down what it has put up. */
const TO_CLEAN_UP = 60_000;
const REPORTER = join(import.meta.dirname, "outcome-reporter.ts");

/**
 * Runs a test file, waits until its process has ended and returns what it printed. What node:test passes over is
 * an outcome too: a skipped suite, a failed hook of one, and a file that ends before its tests have, holds none,
 * fails after them, or does not end in time.
 */
export async function runTestFile(file: string, { limit, stop, hear }: Watch): Promise<string> {
  const timeout = AbortSignal.timeout(limit);
  const child = spawn(process.execPath, [`--test-reporter=${REPORTER}`, file], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const end = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), TO_CLEAN_UP).unref();
  };
  const ended = AbortSignal.any([stop, timeout]);
  ended.addEventListener("abort", end, { once: true });

  let printed = "";
  let told = 0;
  let failed = false;
  let whole = false;
  let remarks = "";
  const [, stdout, stderr, lines] = child.stdio;
  if (stdout === null || stderr === null || !(lines instanceof Readable)) throw new Error("a pipe was not opened");
  for (const stream of [stdout, stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  createInterface({ input: lines }).on("line", (text) => {
    const line: Line = JSON.parse(text);
    if (line.kind === "end") whole = true;
    else if (line.kind === "remark") remarks += `${line.text}\n`;
    else {
      told += 1;
      failed ||= line.kind === "failed";
      hear(line);
    }
  });
  const [exitCode, signal] = await once(child, "close");
  ended.removeEventListener("abort", end);

  const fail = (text: string): void => hear({ kind: "failed", name: file, text, milliseconds: 0 });
  if (stop.aborted) return printed;
  if (timeout.aborted) fail(`it had not ended after ${limit / 1_000} s, and was ended`);
  else if (signal !== null) fail(`it was ended by ${signal}`);
  else if (told === 0) fail(exitCode === 0 ? "it holds no test" : "it ran no test");
  else if (!whole) fail("it ended before all of its tests had");
  else if (exitCode !== 0 && !failed) fail(`it failed when its tests were over\n${remarks}`);
  return printed;
}
