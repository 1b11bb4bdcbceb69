import type { HostReader } from "../host/host.ts";
import { parseCommandLine } from "./command-line.ts";
import { inTurns } from "./in-turns.ts";
import type { Listener } from "./sockets.ts";
import type { Wanted } from "./wanted.ts";

/** Processes read in detail: five files each. A host with more holders of sockets is told so. */
const DETAIL_LIMIT = 128;
/** Processes whose name is looked at where their programs are hidden. */
const NAME_LIMIT = 4_096;
const AT_A_TIME = 32;
/** Programs that run another program, which only the command line names. */
const INTERPRETER: RegExp = /^(?:python|node|MainThread|java|bun|deno|uvicorn|gunicorn|ray|uv$|sh$|bash$)/;

/** The programs that run on a host, by process id. */
export interface Programs {
  readonly executableOf: ReadonlyMap<number, string>;
  /** How many could not be seen: without root, those of other users. */
  readonly hidden: number;
}

/** Every process's program, from the links /proc/PID/exe (proc_pid_exe(5)); kernel threads have none. */
export async function gatherPrograms(host: HostReader): Promise<Programs> {
  const links = await host.readLinks("/proc/*/exe");
  if (!links.ok) return { executableOf: new Map(), hidden: 1 };
  const entries = links.value.links.flatMap(({ path, target }): readonly (readonly [number, string])[] => {
    const pid = path.split("/")[2] ?? "";
    // A program that was replaced while it runs keeps its old path with this mark.
    return /^\d+$/.test(pid) ? [[Number(pid), target.replace(/ \(deleted\)$/, "")]] : [];
  });
  return { executableOf: new Map(entries), hidden: links.value.denied };
}

/**
 * Which processes are worth reading in detail: those that look like a model server, then holders of a port a
 * model server has by default, then the other holders of listening sockets. `left` counts the holders beyond
 * the limit. Where programs are hidden, names and command lines (/proc/PID/comm, cmdline) give the hint.
 */
export async function chooseProcesses(
  host: HostReader,
  listeners: readonly Listener[],
  programs: Programs,
  wanted: Pick<Wanted, "looksLikeServer" | "ports">,
  hiddenNames: Promise<ReadonlyMap<number, string>> = gatherHiddenNames(host, programs),
): Promise<{ readonly pids: readonly number[]; readonly left: number }> {
  const ports = new Set(wanted.ports);
  const ranks = new Map<number, number>();
  for (const { pids, port } of listeners) {
    for (const pid of pids) ranks.set(pid, Math.min(ranks.get(pid) ?? 2, ports.has(port) ? 1 : 2));
  }
  const holders = ranks.size;
  let servers = 0;
  for (const pid of [...toServers(programs, wanted), ...(await gatherHiddenServers(host, await hiddenNames, wanted))]) {
    if (!ranks.has(pid)) servers += 1;
    ranks.set(pid, 0);
  }
  const ordered = [...ranks].toSorted(([a, first], [b, second]) => first - second || a - b).map(([pid]) => pid);
  return {
    pids: ordered.slice(0, DETAIL_LIMIT),
    left: Math.min(holders, Math.max(0, holders + servers - DETAIL_LIMIT)),
  };
}

function toServers(programs: Programs, wanted: Pick<Wanted, "looksLikeServer">): readonly number[] {
  const verdicts = new Map<string, boolean>();
  return [...programs.executableOf].flatMap(([pid, executable]) => {
    const name = executable.slice(executable.lastIndexOf("/") + 1);
    const verdict = verdicts.get(executable) ?? wanted.looksLikeServer({ name, executable, arguments: [] });
    verdicts.set(executable, verdict);
    return verdict ? [pid] : [];
  });
}

/**
 * Short names (/proc/PID/comm) of the processes whose program is hidden; without such none is read. At most 4,096.
 */
export async function gatherHiddenNames(host: HostReader, programs: Programs): Promise<ReadonlyMap<number, string>> {
  if (programs.hidden === 0) return new Map();
  const names = await host.listDirectory("/proc");
  const pids = (names.ok ? names.value : []).filter((name) => /^\d+$/.test(name)).map(Number);
  const hidden = pids.filter((pid) => !programs.executableOf.has(pid)).slice(0, NAME_LIMIT);
  const entries = await inTurns(hidden, AT_A_TIME, async (pid): Promise<readonly [number, string]> => {
    const comm = await host.readFile(`/proc/${pid}/comm`);
    return [pid, comm.ok ? comm.value.trim() : ""];
  });
  return new Map(entries);
}

async function gatherHiddenServers(
  host: HostReader,
  hidden: ReadonlyMap<number, string>,
  wanted: Pick<Wanted, "looksLikeServer">,
): Promise<readonly number[]> {
  const servers = await inTurns([...hidden], AT_A_TIME, async ([pid, name]) => {
    const words = INTERPRETER.test(name) ? await host.readFile(`/proc/${pid}/cmdline`) : null;
    const looksLike = wanted.looksLikeServer({
      name,
      executable: null,
      arguments: words?.ok === true ? parseCommandLine(words.value) : [],
    });
    return looksLike ? pid : null;
  });
  return servers.flatMap((pid) => (pid === null ? [] : [pid]));
}
