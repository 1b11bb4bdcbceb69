import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { toFailure } from "./failure.ts";
import { OUTPUT_LIMIT_BYTES, READ_TIMEOUT_MS } from "./host.ts";
import type { Output, Reading } from "./host.ts";
import { formatCommand } from "./shell-quote.ts";

/** Where commands are looked for: the system's directories only, whatever the caller's PATH says. */
export const SYSTEM_PATH: string = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/** How long a child that has ended may leave its output open in the hands of its own children. */
const DRAIN_MS = 200;
const STDERR_LIMIT_BYTES = 64 * 1024;

export interface CommandLimits {
  readonly timeoutMs?: number;
  readonly outputBytes?: number;
  readonly path?: string;
  /** Ends the command early; its reading is then `failed`. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program without a shell, in a clean environment, with closed input and in a process group of its own
 * that is ended whole when time or output run out. A missing program is `absent`; any exit code is a value,
 * and an end by a signal is 128 plus its number, as a shell has it.
 */
export async function runCommand(words: readonly string[], limits: CommandLimits = {}): Promise<Reading<Output>> {
  const from = formatCommand(words);
  const [program, ...operands] = words;
  if (program === undefined) return { ok: false, why: "failed", from, detail: "no command" };
  if (limits.signal?.aborted) return { ok: false, why: "failed", from, detail: "closed" };
  try {
    const child = spawn(program, operands, {
      cwd: "/",
      env: { PATH: limits.path ?? SYSTEM_PATH, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return await watchChild(child, child.stdout, child.stderr, from, limits);
  } catch (error) {
    return toFailure(error, from);
  }
}

function watchChild(
  child: ChildProcess,
  stdout: Readable,
  stderr: Readable,
  from: string,
  limits: CommandLimits,
): Promise<Reading<Output>> {
  const { promise, resolve } = Promise.withResolvers<Reading<Output>>();
  const timeoutMs = limits.timeoutMs ?? READ_TIMEOUT_MS;
  const outputLimit = limits.outputBytes ?? OUTPUT_LIMIT_BYTES;
  const output = keepText(stdout, outputLimit, () => fail("too-large", `more than ${outputLimit} bytes`));
  const errors = keepText(stderr, STDERR_LIMIT_BYTES, () => {});
  const timer = setTimeout(() => fail("timeout", `no end within ${timeoutMs} ms`), timeoutMs);
  let drain: NodeJS.Timeout | undefined;
  const abort = (): void => fail("failed", "closed");
  limits.signal?.addEventListener("abort", abort);

  function settle(reading: Reading<Output>): void {
    clearTimeout(timer);
    clearTimeout(drain);
    limits.signal?.removeEventListener("abort", abort);
    resolve(reading);
  }
  function endGroup(): void {
    killGroup(child);
    stdout.destroy();
    stderr.destroy();
    child.unref(); // one that hangs in the kernel ends whenever it does, and nobody waits for it
  }
  function fail(why: "timeout" | "too-large" | "failed", detail: string): void {
    endGroup();
    settle({ ok: false, why, from, detail });
  }
  function succeed(code: number | null, signal: NodeJS.Signals | null): void {
    const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
    settle({ ok: true, value: { exitCode, stdout: output(), stderr: errors() }, from });
  }

  child.on("error", (error) => settle(toFailure(error, from)));
  child.on("close", succeed);
  child.on("exit", (code, signal) => {
    drain = setTimeout(() => {
      endGroup();
      succeed(code, signal);
    }, DRAIN_MS);
  });
  return promise;
}

/** Keeps what a stream says up to a limit, tells once it says more, and returns the text on demand. */
function keepText(stream: Readable, limitBytes: number, onOverflow: () => void): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    if (length > limitBytes) return;
    length += chunk.length;
    if (length > limitBytes) onOverflow();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Ends a child that was started `detached`, and everything in its process group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is already gone.
  }
}
