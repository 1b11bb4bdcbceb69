import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DriverReport, DriverTask, UpstreamNote } from "./stream-plan.ts";

/** Where there are two processors or more, what is measured has the first for itself, and everything else the others. */
function pin(pid: number | undefined, isMeasured: boolean): void {
  const count = availableParallelism();
  if (pid === undefined || count < 2) return;
  spawnSync("taskset", ["-a", "-p", "-c", isMeasured ? "0" : `1-${count - 1}`, String(pid)], { stdio: "ignore" });
}

/** A server that is measured; it and its children. */
export interface Server {
  readonly name: string;
  readonly port: number;
  /** Seconds of processor time until now. */
  cpuSeconds(): number;
  residentKib(): number;
  end(): Promise<void>;
}

function readTree(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(readTree)];
}

/** Seconds, from the scheduler's own count of nanoseconds: the usual one samples, and misses short runs. */
function readCpu(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((task) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e9;
    } catch {
      // It has ended meanwhile.
      return 0;
    }
  });
  return sum(threads);
}

function readResident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return address !== null && typeof address === "object" ? address.port : 0;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Milliseconds until something listens there. Throws where it ends before. */
export async function untilListening(child: ChildProcess, port: number, beganAt: number): Promise<number> {
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (performance.now() - beganAt > 30_000) throw new Error("it does not listen");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - beganAt;
}

/** Starts what is measured, on the first processor. */
export async function startServer(
  name: string,
  port: number,
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told = (told + text).slice(-2000)));
  try {
    await untilListening(child, port, performance.now());
  } catch (error) {
    throw new Error(`${name}: ${told}`, { cause: error });
  }
  const pid = child.pid ?? 0;
  for (const one of readTree(pid)) pin(one, true);
  return {
    name,
    port,
    cpuSeconds: () => sum(readTree(pid).map(readCpu)),
    residentKib: () => sum(readTree(pid).map(readResident)),
    end: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The upstream of a bench. */
export interface Upstream {
  readonly port: number;
  cpuSeconds(): number;
  /** When that stream was closed before its end, in milliseconds on the monotonic clock. */
  whenClosed(id: number): Promise<number>;
  end(): void;
}

export async function startUpstream(): Promise<Upstream> {
  const child = fork(join(import.meta.dirname, "upstream.ts"));
  pin(child.pid, false);
  const port = await new Promise<number>((resolve) => {
    child.on("message", (note: UpstreamNote) => {
      if (note.kind === "listening") resolve(note.port);
    });
  });
  return {
    port,
    cpuSeconds: () => sum(readTree(child.pid ?? 0).map(readCpu)),
    whenClosed: (id) =>
      new Promise((resolve) => {
        const hear = (note: UpstreamNote): void => {
          if (note.kind !== "closed" || note.id !== id) return;
          child.off("message", hear);
          resolve(Number(note.at));
        };
        child.on("message", hear);
      }),
    end: () => child.kill(),
  };
}

/** The client of a bench. */
export interface Driver {
  drive(task: DriverTask): Promise<DriverReport>;
  end(): void;
}

export function startDriver(): Driver {
  const child = fork(join(import.meta.dirname, "driver.ts"));
  pin(child.pid, false);
  return {
    drive: (task) =>
      new Promise((resolve, reject) => {
        child.once("message", (report: DriverReport) => {
          child.off("exit", reject);
          resolve(report);
        });
        child.once("exit", reject);
        child.send(task);
      }),
    end: () => child.kill(),
  };
}

/** The value below which that part of them is; NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
