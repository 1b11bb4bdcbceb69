import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readFirstChild } from "./machine.ts";

/** A process started by hand in a host, which goes on running. */
export interface BackgroundProcess {
  /** As the host itself sees it. */
  readonly pid: number;
  /** What it has written so far, to both streams. */
  output(): string;
  /** Ends it, and resolves when it is gone. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const START_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts `WRAPPERS… COMMAND…`, where each wrapper becomes what follows it, and resolves when the last has become
 * the command. Rejects where that ended at once: it is for what goes on running.
 */
export async function startInBackground(
  wrappers: readonly string[],
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  logPath: string,
): Promise<BackgroundProcess> {
  const argv = [...wrappers, ...command];
  const onTheWay = new Set(wrappers.map((_, index) => `${argv.slice(index).join("\0")}\0`));
  const sink = openSync(logPath, "w");
  const child = spawn(argv[0] ?? "", argv.slice(1), { env, stdio: ["ignore", sink, sink], detached: true });
  closeSync(sink);
  child.unref();
  child.on("error", () => {}); // told below: it has no child
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(5)) {
    const outerPid = readFirstChild(child.pid ?? 0);
    if (child.exitCode !== null) break;
    const commandLine = outerPid === null ? "" : readOrNothing(`/proc/${outerPid}/cmdline`);
    if (outerPid === null || commandLine === "" || onTheWay.has(commandLine)) continue; // ended, or not there yet
    const innerPid = readInnerPid(outerPid);
    if (innerPid === null) continue;
    return {
      pid: innerPid,
      output: () => readFileSync(logPath, "utf8"),
      stop: (signal = "SIGTERM") => stopProcess(outerPid, signal),
    };
  }
  throw new Error(`lab: ${argv.join(" ")} did not start:\n${readFileSync(logPath, "utf8")}`);
}

/** The pid of a process in its innermost process namespace, or null where it is gone. */
function readInnerPid(pid: number): number | null {
  const line = /^NSpid:\t(.*)$/m.exec(readOrNothing(`/proc/${pid}/status`));
  return line === null ? null : Number(line[1]?.split("\t").at(-1));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // gone
  }
}

async function stopProcess(pid: number, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline; await sleep(5)) {
    try {
      process.kill(pid, readInnerPid(pid) === null ? 0 : signal);
    } catch {
      return; // gone
    }
  }
  throw new Error(`lab: process ${pid} did not end on ${signal}`);
}
