/**
 * Runs a command several times, one after another, and prints its wall times in milliseconds and its peak
 * memory as JSON. It runs inside a lab host, so that entering the host is not measured.
 *
 *   node bench/measure.ts RUNS COMMAND [ARGUMENT …]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one command cost. */
export interface Cost {
  readonly milliseconds: readonly number[];
  /** Of the last run; null for a command that is not Node.js. */
  readonly peakMegabytes: number | null;
  readonly exitCode: number | null;
}

function measure(runs: number, program: string, args: readonly string[]): Cost {
  const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
  const memory = join(folder, "memory");
  const isNode = program === process.execPath;
  const hook = ["--import", join(import.meta.dirname, "report-memory.ts")];
  const milliseconds: number[] = [];
  let exitCode: number | null = null;
  try {
    for (let run = 0; run < runs; run += 1) {
      const startedAt = performance.now();
      exitCode = spawnSync(program, args, { stdio: "ignore" }).status;
      milliseconds.push(performance.now() - startedAt);
    }
    if (!isNode) return { milliseconds, peakMegabytes: null, exitCode };
    // A run of its own: the hook that reports memory costs time.
    spawnSync(program, [...hook, ...args], { stdio: "ignore", env: { ...process.env, PORTLOCK_BENCH_MEMORY: memory } });
    return { milliseconds, peakMegabytes: Number(readFileSync(memory, "utf8")) / 1024, exitCode };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [runs = "1", program = "", ...args] = process.argv.slice(2);
console.log(JSON.stringify(measure(Number(runs), program, args)));
