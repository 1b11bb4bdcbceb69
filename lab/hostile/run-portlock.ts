import assert from "node:assert/strict";
import { CHECKOUT_INSIDE, NODE_INSIDE } from "../audit.ts";
import type { Output } from "../command.ts";
import type { Host } from "../host.ts";

export interface Watched extends Output {
  /** Peak resident memory of the process. */
  readonly peakMegabytes: number;
}

/** Whoever hangs is told by the test's own patience, which is many times what an audit takes. */
const PATIENCE_MS = 60_000;
const MEMORY_FILE = "/tmp/portlock-peak-memory";

/** Runs this checkout's portlock in a host as root, and sees how much memory it took. */
export async function runPortlock(host: Host, ...args: readonly string[]): Promise<Watched> {
  const output = await host.attempt(
    [
      NODE_INSIDE,
      "--import",
      `${CHECKOUT_INSIDE}/lab/hostile/report-memory.ts`,
      `${CHECKOUT_INSIDE}/src/main.ts`,
      ...args,
    ],
    { env: { PORTLOCK_BENCH_MEMORY: MEMORY_FILE }, timeoutMs: PATIENCE_MS },
  );
  const { stdout } = await host.run(["cat", MEMORY_FILE]);
  return { ...output, peakMegabytes: Number(stdout) / 1024 };
}

/** Fails where a text holds anything that a terminal acts on, or that hides or reorders what stands around it. */
export function assertInert(text: string): void {
  const found = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.exec(text.replaceAll("\n", ""));
  const near = found === null ? "" : JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 20));
  assert.equal(found, null, `not inert: ${near}`);
}
