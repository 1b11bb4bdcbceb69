import type { Process } from "../facts/processes.ts";
import type { FoundServer, Scene } from "./servers.ts";

/**
 * Joins servers whose process was hidden to the one process that can only be theirs: same kind, and either the
 * same container or the owner of the socket. Without root the kernel names the owner, but not the process.
 */
export function pairProcesses(scene: Scene, servers: readonly FoundServer[]): FoundServer[] {
  const loose = Map.groupBy(findLoose(scene, servers), (process) => toProcessKey(scene, process));
  const hidden = Map.groupBy(
    servers.filter((server) => server.process === null),
    toServerKey,
  );
  return servers.map((server) => {
    const key = server.process === null ? toServerKey(server) : null;
    const [process, ...others] = (key === null ? undefined : loose.get(key)) ?? [];
    const alone = process !== undefined && others.length === 0 && hidden.get(key)?.length === 1;
    return alone ? { ...server, process } : server;
  });
}

/** Processes that look like a server and belong to none that was found, unless they surely listen nowhere. */
export function findUnmatched(scene: Scene, servers: readonly FoundServer[]): FoundServer[] {
  const silent = toSilence(scene);
  return findLoose(scene, servers)
    .filter((process) => !silent(process))
    .map((process) => {
      const container = scene.index.of(process);
      return {
        kind: scene.looks.get(process.pid) ?? "openai-compatible",
        version: null,
        process,
        container,
        inOwnNamespace: process.namespace === scene.own,
        listeners: [],
        publications: [],
        unjudged: 0,
        proxied: [],
        tunnelled: [],
        relayed: [],
      };
    });
}

function toServerKey(server: FoundServer): string | null {
  if (server.container !== null) return `${server.kind} in ${server.container.id}`;
  const uid = server.listeners[0]?.listener.uid ?? null;
  return server.inOwnNamespace && uid !== null ? `${server.kind} of ${uid}` : null;
}

function toProcessKey({ looks, index }: Scene, process: Process): string | null {
  const kind = looks.get(process.pid);
  const container = index.of(process);
  if (container !== null) return `${kind} in ${container.id}`;
  return process.cgroup?.kind === "container" || process.uid === null ? null : `${kind} of ${process.uid}`;
}

/** Topmost processes that look like a server and belong to none that was found. */
function findLoose({ tree, looks }: Scene, servers: readonly FoundServer[]): Process[] {
  const taken = new Set(servers.flatMap((server) => (server.process === null ? [] : [server.process.pid])));
  const holders = servers.flatMap((server) => server.listeners.flatMap((each) => each.listener.pids));
  const isServer = (pid: number): boolean => looks.has(pid) || taken.has(pid);
  const known = new Set([...taken, ...holders]);
  const roots = new Set([...looks.keys()].map((pid) => tree.rootOf(pid, isServer)));
  return [...roots].flatMap((pid) => (known.has(pid) ? [] : (tree.byPid.get(pid) ?? [])));
}

/** Tells of a process that it listens nowhere: every socket of its namespace was seen together with its holders. */
function toSilence({ facts, own }: Scene): (process: Process) => boolean {
  const { processes, namespaces, holders } = facts.unseen;
  if (!facts.listeners.ok || processes !== 0 || holders !== 0) return () => false;
  const unsure = new Set<string>(namespaces.map((each) => each.namespace));
  for (const each of facts.listeners.value) if (each.pids.length === 0) unsure.add(each.namespace ?? own);
  return (process) => process.namespace !== null && !unsure.has(process.namespace);
}
