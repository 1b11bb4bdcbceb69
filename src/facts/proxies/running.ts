import type { HostReader } from "../../host/host.ts";
import { parseControlGroup } from "../control-group.ts";
import { parseEffectiveUid } from "../identity.ts";
import { inTurns } from "../in-turns.ts";
import { parseProcessStat, toStartTime } from "../processes.ts";
import type { ProxyUser } from "./inner-path.ts";
import { parseGatewayCommand } from "./portlock/gateway-command.ts";
import type { ProxyKind } from "./proxy.ts";

/** A process of a proxy that is nobody's worker, with its workers. */
export interface RunningProxy {
  readonly kind: ProxyKind;
  readonly pid: number;
  readonly executable: string | null;
  /** Its command line. It may hold secrets: it is looked through for files, never kept. */
  readonly words: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly workers: readonly { readonly title: string; readonly startedAt: string | null }[];
  /** As whom it runs; null where that is not known. */
  readonly user: ProxyUser | null;
  /** Where its file system begins as seen from here: empty, or below /proc for one in a container. */
  readonly root: string;
}

/** What is known of a host's processes before proxies are looked for. */
export interface ProxySigns {
  readonly executableOf: ReadonlyMap<number, string>;
  /** Short names of processes whose program is hidden. */
  readonly nameOf: Promise<ReadonlyMap<number, string>>;
  readonly bootedAt: string | null;
}

const KINDS: Readonly<Record<string, ProxyKind>> = {
  nginx: "nginx",
  openresty: "nginx",
  caddy: "caddy",
  haproxy: "haproxy",
  apache2: "apache",
  httpd: "apache",
  traefik: "traefik",
};

/** A Node.js, by its file or by what it calls its process: it may be a gateway of Portlock's. */
const NODE = /^(?:[\w.-]*-)?node(?:js)?(?:-?\d[\d.]*)?$|^MainThread$/;

const MOST_PROCESSES = 512;
const AT_A_TIME = 16;

/** The proxies that run. Where none does, nothing is read. */
export async function findRunningProxies(
  host: Pick<HostReader, "readFile">,
  signs: ProxySigns,
): Promise<readonly RunningProxy[]> {
  const kinds = new Map<number, ProxyKind>();
  for (const [pid, path] of [...signs.executableOf, ...(await signs.nameOf)]) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const kind = KINDS[name] ?? (NODE.test(name) ? "portlock" : undefined);
    if (kind !== undefined) kinds.set(pid, kind);
  }
  // However many programs of Node.js a user starts, they take no other proxy's place.
  const candidates = [...kinds].toSorted(
    ([, one], [, other]) => Number(one === "portlock") - Number(other === "portlock"),
  );
  const found = await inTurns(candidates.slice(0, MOST_PROCESSES), AT_A_TIME, ([pid, kind]) =>
    readProcess(host, pid, kind, signs),
  );
  const processes = found.flatMap((process) =>
    process === null || (process.kind === "portlock" && parseGatewayCommand(process.words) === null) ? [] : [process],
  );
  // A gateway has no workers, and may be the child of another program of Node.js, as npx.
  const mains = processes.filter(
    ({ kind, parentPid }) => kind === "portlock" || parentPid === null || kinds.get(parentPid) !== kind,
  );
  return mains.map(({ parentPid: _parentPid, ...main }) => ({
    ...main,
    workers: processes
      .filter(({ parentPid }) => parentPid === main.pid)
      .map(({ words, startedAt }) => ({ title: words.join(" "), startedAt })),
  }));
}

async function readProcess(
  host: Pick<HostReader, "readFile">,
  pid: number,
  kind: ProxyKind,
  { executableOf, bootedAt }: ProxySigns,
): Promise<(Omit<RunningProxy, "workers"> & { readonly parentPid: number | null }) | null> {
  const [stat, status, commandLine, cgroup] = await Promise.all([
    host.readFile(`/proc/${pid}/stat`),
    host.readFile(`/proc/${pid}/status`),
    host.readFile(`/proc/${pid}/cmdline`),
    host.readFile(`/proc/${pid}/cgroup`),
  ]);
  const brief = stat.ok ? parseProcessStat(stat.value) : null;
  if (brief === null) return null;
  const group = cgroup.ok ? parseControlGroup(cgroup.value) : null;
  return {
    kind,
    pid,
    parentPid: brief.parentPid,
    executable: executableOf.get(pid) ?? null,
    words: commandLine.ok ? splitWords(commandLine.value) : [],
    startedAt: toStartTime(bootedAt, brief.startTicks),
    user: status.ok ? parseUser(status.value) : null,
    root: group?.kind === "container" ? `/proc/${pid}/root` : "",
  };
}

/** Reads `Uid`, `Gid` and `Groups` of /proc/PID/status (proc_pid_status(5)). */
function parseUser(text: string): ProxyUser | null {
  const uid = parseEffectiveUid(text);
  const numbers = (name: string): readonly number[] =>
    (new RegExp(`^${name}:([\\d\\s]*)$`, "m").exec(text)?.[1] ?? "")
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(Number);
  const [, group] = numbers("Gid");
  return uid === null ? null : { uid, gids: [...(group === undefined ? [] : [group]), ...numbers("Groups")] };
}

/** Words end with NUL; a process that writes its own title has one word for all. */
function splitWords(text: string): readonly string[] {
  const words = text.split("\0").filter((word) => word !== "");
  return words.length === 1 ? (words[0]?.trim().split(/\s+/) ?? []) : words;
}

/** Times of files and of processes are told apart when they are this far from each other. */
const CLOSE_MS = 2_000;

/**
 * Whether one of the files was written after a moment; null where that is too close to tell, or something is not
 * known.
 */
export async function changedSince(
  host: Pick<HostReader, "stat">,
  paths: readonly string[],
  moment: string | null,
): Promise<boolean | null> {
  if (moment === null) return null;
  const loaded = Date.parse(moment);
  const times = await inTurns(paths, AT_A_TIME, async (path) => {
    const status = await host.stat(path);
    return status.ok ? Date.parse(status.value.modifiedAt) : null;
  });
  if (times.some((time) => time !== null && time > loaded + CLOSE_MS)) return true;
  return times.length > 0 && times.every((time) => time !== null && time < loaded - CLOSE_MS) ? false : null;
}
