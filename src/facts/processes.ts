import type { HostReader, Reading } from "../host/host.ts";
import { parseCommandLine } from "./command-line.ts";
import { parseControlGroup } from "./control-group.ts";
import { type Account, parseEffectiveUid } from "./identity.ts";
import { inTurns } from "./in-turns.ts";
import { maskValue } from "./secrets.ts";

/** A process that holds a listening socket, or looks like a model server. */
export interface Process {
  readonly pid: number;
  readonly parentPid: number | null;
  /** The kernel's short name (comm). */
  readonly name: string;
  /** Target of /proc/PID/exe, or null where it may not be read. */
  readonly executable: string | null;
  /** Command line, as far as it tells which program runs; values of options are dropped. */
  readonly arguments: readonly string[];
  readonly uid: number | null;
  /** Account name, or the uid as text where passwd(5) has no such account. */
  readonly user: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly namespace: string | null;
  /** What started it, read from its control group. */
  readonly cgroup: ControlGroup | null;
  /** Settings in its environment as it runs now: only the names a model server declares, never others. */
  readonly environment: Reading<Readonly<Record<string, string>>>;
}

/** The control group in the words of its manager. */
export type ControlGroup =
  | { readonly kind: "system-unit"; readonly unit: string }
  | { readonly kind: "user-unit"; readonly unit: string; readonly uid: number }
  | { readonly kind: "session"; readonly uid: number | null }
  | { readonly kind: "container"; readonly engine: "docker" | "podman" | "other"; readonly id: string }
  | { readonly kind: "other"; readonly path: string };

/** What is already known when processes are read. */
export interface ProcessContext {
  readonly accounts: readonly Account[];
  readonly bootedAt: string | null;
  readonly namespaceOf: ReadonlyMap<number, string>;
  readonly executableOf: ReadonlyMap<number, string>;
  /** Names of the variables whose values are kept. */
  readonly variables: readonly string[];
}

const AT_A_TIME = 16;
/** Command line and environment of a process may together take 2 MiB and more (execve(2)). */
const MEMORY_LIMIT_BYTES = 4 * 1024 * 1024;
/** Ticks of proc_pid_stat(5) a second: USER_HZ, which is 100 on every architecture Linux has a model server for. */
const TICKS_PER_SECOND = 100;

/**
 * Processes in detail, from the files of /proc/PID (proc_pid_stat(5) and its neighbours). Those that ended
 * meanwhile are left out; what may not be read of one is null, or a failed reading of its environment.
 */
export async function gatherProcesses(
  host: HostReader,
  pids: readonly number[],
  context: ProcessContext,
): Promise<readonly Process[]> {
  const processes = await inTurns(pids, AT_A_TIME, (pid) => gatherProcess(host, pid, context));
  return processes.flatMap((process) => (process === null ? [] : [process]));
}

/** Where a server looks for its own files: no setting of any, but it is not always what the account has. */
const HOME = "HOME";

async function gatherProcess(host: HostReader, pid: number, context: ProcessContext): Promise<Process | null> {
  const [stat, status, commandLine, environ, cgroup] = await Promise.all([
    host.readFile(`/proc/${pid}/stat`),
    host.readFile(`/proc/${pid}/status`),
    host.readFile(`/proc/${pid}/cmdline`, MEMORY_LIMIT_BYTES),
    host.readFile(`/proc/${pid}/environ`, MEMORY_LIMIT_BYTES),
    host.readFile(`/proc/${pid}/cgroup`),
  ]);
  const brief = stat.ok ? parseProcessStat(stat.value) : null;
  if (brief === null) return null;
  const uid = status.ok ? parseEffectiveUid(status.value) : null;
  return {
    pid,
    parentPid: brief.parentPid,
    name: brief.name,
    executable: context.executableOf.get(pid) ?? null,
    arguments: commandLine.ok ? parseCommandLine(commandLine.value) : [],
    uid,
    user: uid === null ? null : (context.accounts.find((account) => account.uid === uid)?.name ?? String(uid)),
    startedAt: toStartTime(context.bootedAt, brief.startTicks),
    namespace: context.namespaceOf.get(pid) ?? null,
    cgroup: cgroup.ok ? parseControlGroup(cgroup.value) : null,
    environment: environ.ok
      ? { ...environ, value: parseEnvironment(environ.value, [...context.variables, HOME]) }
      : environ,
  };
}

/**
 * Reads /proc/PID/stat (proc_pid_stat(5)). The name is chosen by the process and may hold spaces and
 * parentheses: it ends at the last one. Null: no such text.
 */
export function parseProcessStat(
  text: string,
): { readonly name: string; readonly parentPid: number | null; readonly startTicks: number | null } | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(" ");
  return { name: text.slice(open + 1, close), parentPid: toCount(fields[1]), startTicks: toCount(fields[19]) };
}

/**
 * Reads /proc/PID/environ (proc_pid_environ(5)) and keeps only the named variables, their values masked; of a
 * name set twice the first, as getenv(3) does.
 */
export function parseEnvironment(text: string, variables: readonly string[]): Readonly<Record<string, string>> {
  const wanted = new Set(variables);
  const kept = new Map<string, string>();
  for (const entry of text.split("\0")) {
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(equals, 0));
    if (wanted.has(name) && !kept.has(name)) kept.set(name, maskValue(entry.slice(equals + 1)));
  }
  return Object.fromEntries(kept);
}

/** ISO 8601, UTC, from the ticks of proc_pid_stat(5); null where one of both is not known. */
export function toStartTime(bootedAt: string | null, ticks: number | null): string | null {
  if (bootedAt === null || ticks === null) return null;
  const time = Date.parse(bootedAt) + (ticks * 1000) / TICKS_PER_SECOND;
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : null;
}

function toCount(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
