/**
 * Runs commands in turns, so that whatever else keeps the machine busy slows all of them alike, and prints what
 * each cost as JSON. It runs inside a lab host, so that entering the host is not measured.
 *
 *   node bench/measure.ts ROUNDS '[["ss","-H","-tlnp"],["node","-e","0"]]'
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one command cost. */
export interface Cost {
  /** Wall time in each round. */
  readonly milliseconds: readonly number[];
  /** Peak resident memory of one more run; null for a command that is not Node.js. */
  readonly peakMegabytes: number | null;
  /** Of the last round; null where a signal ended it. */
  readonly exitCode: number | null;
}

type Command = readonly [program: string, ...args: string[]];

/** Loaded before the measured program, which then leaves its peak memory in kilobytes in a file. */
const MEMORY_HOOK = `data:text/javascript,${encodeURIComponent(
  'import { writeFileSync } from "node:fs";' +
    'process.on("exit", () => writeFileSync(process.env.PORTLOCK_BENCH_MEMORY, String(process.resourceUsage().maxRSS)));',
)}`;

function runCommand([program, ...args]: Command, env: NodeJS.ProcessEnv = process.env): number | null {
  const { error, status } = spawnSync(program, args, { stdio: "ignore", env });
  if (error !== undefined) throw error;
  return status;
}

/** Each command once in every round; a first round warms up and is not counted. */
function measureInTurns(rounds: number, commands: readonly Command[]): readonly Cost[] {
  const costs = commands.map((command) => {
    const milliseconds: number[] = [];
    return { command, milliseconds, exitCode: runCommand(command) };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const cost of costs) {
      const startedAt = performance.now();
      cost.exitCode = runCommand(cost.command);
      cost.milliseconds.push(performance.now() - startedAt);
    }
  }
  return costs.map(({ command, milliseconds, exitCode }) => {
    return { milliseconds, exitCode, peakMegabytes: measurePeakMemory(command) };
  });
}

/** In a run of its own, for the hook costs time. */
function measurePeakMemory([program, ...args]: Command): number | null {
  if (program !== process.execPath) return null;
  const folder = mkdtempSync(join(tmpdir(), "portlock-bench-"));
  try {
    const file = join(folder, "memory");
    runCommand([program, "--import", MEMORY_HOOK, ...args], { ...process.env, PORTLOCK_BENCH_MEMORY: file });
    return Number(readFileSync(file, "utf8")) / 1024;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [rounds, commands = "[]"] = process.argv.slice(2);
console.log(JSON.stringify(measureInTurns(Number(rounds), JSON.parse(commands))));
