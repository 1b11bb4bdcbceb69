import { spawn } from "node:child_process";

/** What a command left behind. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** The whole environment of the command; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input. Default: nothing to read. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** How long a command of the lab may take unless told otherwise. */
const COMMAND_TIMEOUT_MS = 30_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
/** The environment of a root login on Debian, so that nothing of the test run's own leaks into a host. */
export const ROOT_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
};

/**
 * Runs a command to its end and hands back what it said, whatever its exit code. Rejects where it cannot be
 * started, says more than 64 MiB, or takes longer than its time; then its whole process group is killed.
 */
export function attemptCommand(argv: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  const child = spawn(argv[0] ?? "", argv.slice(1), {
    env: options.env ?? ROOT_ENVIRONMENT,
    detached: true,
  });
  const timeoutMs = options.timeoutMs ?? COMMAND_TIMEOUT_MS;
  const timer = setTimeout(() => giveUp(`took longer than ${timeoutMs} ms`), timeoutMs);
  const chunks: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  let bytes = 0;

  function giveUp(why: string): void {
    if (child.pid !== undefined) killGroup(child.pid);
    clearTimeout(timer);
    reject(new Error(`${argv.join(" ")}: ${why}\n${Buffer.concat(chunks.stderr).toString("utf8")}`));
  }
  function keep(stream: "stdout" | "stderr", chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > OUTPUT_LIMIT_BYTES) giveUp("said too much");
    else chunks[stream].push(chunk);
  }
  child.stdout.on("data", (chunk: Buffer) => keep("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => keep("stderr", chunk));
  child.stdin.on("error", () => {}); // a command may end without having read its input
  child.stdin.end(options.input ?? "");
  child.on("error", (error) => giveUp(error.message));
  child.on("close", (code, signal) => {
    clearTimeout(timer);
    const stdout = Buffer.concat(chunks.stdout).toString("utf8");
    const stderr = Buffer.concat(chunks.stderr).toString("utf8");
    if (code === null) reject(new Error(`${argv.join(" ")}: ended by ${signal}\n${stderr}`));
    else resolve({ exitCode: code, stdout, stderr });
  });
  return promise;
}

/** As `attemptCommand`, but an exit code other than 0 rejects with what the command said. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const output = await attemptCommand(argv, options);
  if (output.exitCode === 0) return output;
  throw new Error(`${argv.join(" ")}: exit code ${output.exitCode}\n${output.stdout}${output.stderr}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
