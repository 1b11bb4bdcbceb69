import type { HostReader } from "../host/host.ts";
import { inTurns } from "./in-turns.ts";
import { gatherSocketTables } from "./proc-net-tcp.ts";
import type { Listener, Unseen, UnseenNamespace } from "./sockets.ts";

/** Processes asked for the sockets they hold; beyond this many, listeners in other namespaces stay without a holder. */
const HOLDER_LIMIT = 1_024;
const AT_A_TIME = 16;

/** The network namespaces of a host, and what listens in those that are not the reader's. */
export interface ForeignListeners {
  /** The reader's own namespace; null where it could not be read. */
  readonly own: string | null;
  /** Namespace of each process, where it could be read. */
  readonly namespaceOf: ReadonlyMap<number, string>;
  readonly listeners: readonly Listener[];
  readonly unseen: Omit<Unseen, "holders">;
}

/**
 * Listening sockets in the network namespaces of containers and of other processes set apart: the
 * namespaces from /proc/PID/ns/net (namespaces(7)), their sockets from /proc/PID/net/tcp and tcp6 of one
 * process in each, the holders from the links in /proc/PID/fd. A namespace without any process is not seen.
 */
export async function gatherForeignListeners(host: HostReader): Promise<ForeignListeners> {
  const [links, first] = await Promise.all([host.readLinks("/proc/*/ns/net"), host.stat("/proc/1")]);
  if (!links.ok) {
    return { own: null, namespaceOf: new Map(), listeners: [], unseen: { processes: null, namespaces: [] } };
  }
  const { own, namespaceOf } = toNamespaces(links.value.links);
  const foreign = toMembers(namespaceOf, own);
  const readings = await inTurns([...foreign], AT_A_TIME, ([namespace, pids]) =>
    gatherNamespace(host, namespace, pids),
  );
  const listeners = readings.flatMap((reading) => ("why" in reading ? [] : reading));
  const processes = !first.ok && first.why === "absent" ? null : links.value.denied;
  return {
    own,
    namespaceOf,
    listeners: await gatherHolders(host, listeners, foreign),
    unseen: { processes, namespaces: readings.flatMap((reading) => ("why" in reading ? [reading] : [])) },
  };
}

function toNamespaces(links: readonly { readonly path: string; readonly target: string }[]): {
  readonly own: string | null;
  readonly namespaceOf: ReadonlyMap<number, string>;
} {
  const namespaceOf = new Map<number, string>();
  let own: string | null = null;
  for (const { path, target } of links) {
    const name = path.split("/")[2] ?? "";
    if (name === "self") own = target;
    else if (/^\d+$/.test(name)) namespaceOf.set(Number(name), target);
  }
  return { own, namespaceOf };
}

function toMembers(namespaceOf: ReadonlyMap<number, string>, own: string | null): ReadonlyMap<string, number[]> {
  const members = new Map<string, number[]>();
  for (const [pid, namespace] of namespaceOf) {
    if (namespace === own) continue;
    const pids = members.get(namespace);
    if (pids === undefined) members.set(namespace, [pid]);
    else pids.push(pid);
  }
  return members;
}

/** A process may end while it is looked at: two more of the same namespace are tried. */
async function gatherNamespace(
  host: HostReader,
  namespace: string,
  pids: readonly number[],
): Promise<readonly Listener[] | UnseenNamespace> {
  let unseen: UnseenNamespace = { namespace, why: "absent", from: `/proc/${pids[0] ?? "PID"}/net/tcp` };
  for (const pid of pids.slice(0, 3)) {
    const table = await gatherSocketTables(host, `/proc/${pid}/net`, namespace);
    if (table.ok) return table.value;
    const { why, from, detail } = table;
    unseen = detail === undefined ? { namespace, why, from } : { namespace, why, from, detail };
  }
  return unseen;
}

async function gatherHolders(
  host: HostReader,
  listeners: readonly Listener[],
  members: ReadonlyMap<string, readonly number[]>,
): Promise<readonly Listener[]> {
  const listening = new Set(listeners.map((listener) => listener.namespace));
  const pids = [...members].flatMap(([namespace, pids]) => (listening.has(namespace) ? pids : []));
  const holders = new Map<number, number[]>();
  await inTurns(pids.slice(0, HOLDER_LIMIT), AT_A_TIME, async (pid) => {
    const links = await host.readLinks(`/proc/${pid}/fd/*`);
    if (!links.ok) return;
    for (const inode of new Set(links.value.links.map((link) => toInode(link.target)))) {
      if (inode !== null) holders.set(inode, [...(holders.get(inode) ?? []), pid]);
    }
  });
  return listeners.map((listener) => ({
    ...listener,
    pids: (listener.inode === null ? undefined : holders.get(listener.inode))?.toSorted((a, b) => a - b) ?? [],
  }));
}

function toInode(target: string): number | null {
  const inode = /^socket:\[(\d{1,15})\]$/.exec(target)?.[1];
  return inode === undefined ? null : Number(inode);
}
