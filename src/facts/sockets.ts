import type { HostReader, Output, Reading, Why } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";
import { gatherForeignListeners } from "./namespaces.ts";
import { gatherSocketTables } from "./proc-net-tcp.ts";
import { type ListenPlace, parseListenPlaces, parseSocketStatistics } from "./socket-statistics.ts";

/** A listening TCP socket. */
export interface Listener {
  /** Network namespace, for example `net:[4026531840]`; null where it could not be read. */
  readonly namespace: string | null;
  /** Numeric address without brackets; `0.0.0.0` and `::` are the wildcards. IPv4-mapped ones are unwrapped. */
  readonly address: string;
  readonly port: number;
  /** For `::`: whether IPv4 is accepted too. Null where only a connection can tell; false for others. */
  readonly dualStack: boolean | null;
  /** Interface the socket is bound to by SO_BINDTODEVICE, else null. */
  readonly device: string | null;
  /** Socket inode, the key that joins sockets and processes; null where it could not be read. */
  readonly inode: number | null;
  readonly uid: number | null;
  /** Processes that hold the socket. Empty where that could not be seen: without root, others' are hidden. */
  readonly pids: readonly number[];
  readonly evidence: Evidence;
}

/** What may listen on this host although no listener tells of it. */
export interface Unseen {
  /**
   * Processes whose network namespace could not be read: each may listen in one of its own. Null: the
   * processes of others are hidden (`hidepid`), so that they could not even be counted.
   */
  readonly processes: number | null;
  /** Network namespaces that are known and whose sockets could not be read. */
  readonly namespaces: readonly UnseenNamespace[];
  /** Holders of listening sockets that were not read, because there were too many. */
  readonly holders: number;
}

export interface UnseenNamespace {
  readonly namespace: string;
  readonly why: Why;
  readonly from: string;
  readonly detail?: string;
}

/** The listening sockets of a host, in its own and in other network namespaces. */
export interface SocketFacts {
  readonly listeners: Reading<readonly Listener[]>;
  readonly unseen: Omit<Unseen, "holders">;
  /** Network namespace of each process whose namespace could be read. */
  readonly namespaceOf: ReadonlyMap<number, string>;
}

/**
 * Where somebody listens in the reader's own network namespace, from `ss -H -tlne` (ss(8)): it does not look for
 * the holders and so takes a fraction of the time. Empty where that could not be told.
 */
export async function gatherListenPlaces(host: HostReader): Promise<readonly ListenPlace[]> {
  const [output, namespace] = await Promise.all([host.run(["ss", "-H", "-tlne"]), host.readLinks("/proc/self/ns/net")]);
  if (!output.ok || !namespace.ok) return [];
  return parseListenPlaces(output.value.stdout, namespace.value.links[0]?.target ?? null);
}

/**
 * Every listening TCP socket: those of the reader's own network namespace from `ss -H -tlnpe` (ss(8)), or
 * from /proc/net/tcp and tcp6 where `ss` is missing or says what cannot be read; those of other namespaces
 * from /proc/PID/net (namespaces.ts). Without root the holders of others' sockets stay empty. The command is
 * begun at once; /proc is looked through when `first` is done, so that it holds nobody up.
 */
export async function gatherListeners(
  host: HostReader,
  first: Promise<unknown> = Promise.resolve(),
): Promise<SocketFacts> {
  const output = host.run(["ss", "-H", "-tlnpe"]);
  await first;
  const foreign = await gatherForeignListeners(host);
  const own = await toOwnListeners(host, await output, foreign.own);
  return {
    listeners: own.ok ? { ...own, value: own.value.concat(foreign.listeners) } : own,
    unseen: foreign.unseen,
    namespaceOf: foreign.namespaceOf,
  };
}

async function toOwnListeners(
  host: HostReader,
  output: Reading<Output>,
  namespace: string | null,
): Promise<Reading<readonly Listener[]>> {
  if (!output.ok || output.value.exitCode !== 0) return gatherSocketTables(host, "/proc/net", namespace);
  const statistics = parseSocketStatistics(output.value.stdout, namespace);
  if (statistics.unparsed === 0) return { ok: true, value: statistics.listeners, from: output.from };
  const table = await gatherSocketTables(host, "/proc/net", namespace);
  if (!table.ok) return { ok: false, why: "unparsed", from: output.from, detail: `${statistics.unparsed} lines` };
  return { ...table, value: toCompleted(table.value, statistics.listeners) };
}

/** The kernel's table, completed by what `ss` knows of the same sockets: holders, dual stack, device. */
function toCompleted(table: readonly Listener[], known: readonly Listener[]): readonly Listener[] {
  const byInode = new Map(known.map((listener) => [listener.inode, listener]));
  return table.map((listener) => (listener.inode === null ? listener : (byInode.get(listener.inode) ?? listener)));
}
