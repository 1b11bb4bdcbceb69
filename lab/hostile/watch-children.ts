/**
 * Runs a command and looks at its children again and again while it runs. Prints, as JSON, what the command printed
 * and every command line and environment that a child of it, or a child's child, was seen with.
 *
 *   node lab/hostile/watch-children.ts COMMAND [ARGUMENT …]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

export interface WatchedChildren {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Command lines, NUL between words. */
  readonly commandLines: readonly string[];
  readonly environments: readonly string[];
}

const PAUSE_MS = 2;

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
}

function listDescendants(pid: number): readonly number[] {
  let tasks: readonly string[] = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
  const children = tasks.flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean));
  return children.flatMap((child) => [Number(child), ...listDescendants(Number(child))]);
}

async function watch(program: string, args: readonly string[]): Promise<WatchedChildren> {
  const commandLines = new Set<string>();
  const environments = new Set<string>();
  const output = { stdout: "", stderr: "" };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString("utf8")));
  const timer = setInterval(() => {
    // A child that was forked and has not become its program yet still shows what its parent is.
    const own = [read(`/proc/${child.pid}/cmdline`), read(`/proc/${child.pid}/environ`)];
    for (const pid of listDescendants(child.pid ?? 0)) {
      const [commandLine, environment] = [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)];
      if (!own.includes(commandLine)) commandLines.add(commandLine);
      if (!own.includes(environment)) environments.add(environment);
    }
  }, PAUSE_MS);
  await once(child, "close");
  clearInterval(timer);
  return { exitCode: child.exitCode, ...output, commandLines: [...commandLines], environments: [...environments] };
}

if (import.meta.main) {
  const [program = "", ...args] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await watch(program, args)));
}
