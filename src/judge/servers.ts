import type { Container } from "../facts/containers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Process } from "../facts/processes.ts";
import { KINDS } from "../servers/catalogue.ts";
import { isOllamaRunner } from "../servers/ollama/ollama.ts";
import type { Recognition, ServerKindId } from "../servers/server-kind.ts";
import { isLoopback } from "./addresses.ts";
import { toAskedListeners, toOwnNamespace, type AskedListener } from "./asked-listeners.ts";
import { toContainerIndex, type ContainerIndex, type Publication } from "./container-index.ts";
import { toProcessTree, type ProcessTree } from "./process-tree.ts";
import { compareKeys } from "./order.ts";
import type { ProxyWay } from "./proxies/proxy-way.ts";
import { withRelays } from "./proxies/find-relay-ways.ts";
import type { RelayWay } from "./proxies/relay-way.ts";
import type { TunnelWay } from "./proxies/tunnel-way.ts";
import { withProxies } from "./proxies/with-proxies.ts";
import { isPortHelper } from "./run-by.ts";
import { findUnmatched, pairProcesses } from "./unmatched-processes.ts";

/** A model server as the facts show it, before anybody asks who can reach it. */
export interface FoundServer {
  readonly kind: ServerKindId;
  readonly version: string | null;
  /** Null where the process could not be seen, as without root. */
  readonly process: Process | null;
  /** The container it runs in; null for none, and where its engine did not tell. */
  readonly container: Container | null;
  /** False in the network namespace of a container, or of anything else set apart. */
  readonly inOwnNamespace: boolean;
  /** Its sockets; empty where none could be matched to it. */
  readonly listeners: readonly AskedListener[];
  /** Ports of the host that its container publishes for it. */
  readonly publications: readonly Publication[];
  /** How many more sockets it has than are judged. */
  readonly unjudged: number;
  /** How proxies of this host hand on to it. */
  readonly proxied: readonly ProxyWay[];
  /** How tunnels that begin on this host hand on to it. */
  readonly tunnelled: readonly TunnelWay[];
  /** How other model servers of this host hand on to it. */
  readonly relayed: readonly RelayWay[];
}

/** Sockets of one server that are judged: somebody may open thousands, and each is a dozen routes. */
const MOST_LISTENERS = 32;

/** What was found, and what it was found among. */
export interface Found {
  readonly servers: readonly FoundServer[];
  /** The reader's own network namespace. */
  readonly own: string;
  /** Every listener but the engines' own, with all that came back from it. */
  readonly heard: readonly AskedListener[];
  readonly tree: ProcessTree;
}

/**
 * The model servers of a host. A listener is one's when its answers are, or when the process that holds it looks
 * like one; sockets of one process belong together, and those of its children to it. What the runner of a loaded model
 * listens on is left out, see `isRunners`. The listener by which an engine passes on a published port belongs to the container behind
 * it. A process that looks like a server and has no listener that can be matched is a server nobody can judge;
 * where everything was seen and it listens nowhere, it is none.
 */
export function findServers(facts: Facts): Found {
  const asked = toAskedListeners(facts);
  const processes = facts.processes.ok ? facts.processes.value : [];
  const tree = toProcessTree(processes);
  const own = toOwnNamespace(facts);
  const index = toContainerIndex(
    facts,
    tree.byPid,
    asked.filter((each) => each.namespace === own),
  );
  const looks = toLooks(processes);
  const scene: Scene = { facts, own, tree, index, looks };
  const heard = hearThroughPublications(asked, index, own).filter((each) => !isRunners(each, scene));
  const servers = groupListeners(scene, heard).map((group) => toDirectServer(scene, group));
  const published = findPublishedOnly(scene, servers);
  const known = pairProcesses(scene, withProxies({ facts, own, heard, tree }, [...servers, ...published]));
  const all = [...known, ...findUnmatched(scene, known)].toSorted(compareServers);
  return { servers: withRelays({ facts, own, heard, tree, servers: all }), own, heard, tree };
}

/** What every step of the search looks at. */
export interface Scene {
  readonly facts: Facts;
  readonly own: string;
  readonly tree: ProcessTree;
  readonly index: ContainerIndex;
  /** Kind each process looks like; processes that look like none are left out. */
  readonly looks: ReadonlyMap<number, ServerKindId>;
}

function toLooks(processes: readonly Process[]): Map<number, ServerKindId> {
  const looks = new Map<number, ServerKindId>();
  for (const process of processes) {
    const kind = isPortHelper(process) ? undefined : KINDS.find((each) => each.looksLike(process));
    if (kind !== undefined) looks.set(process.pid, kind.id);
  }
  for (const process of processes) if (isRunner(process, looks)) looks.delete(process.pid);
  return looks;
}

function isRunner(process: Process, looks: Scene["looks"]): boolean {
  return process.parentPid !== null && looks.get(process.parentPid) === "ollama" && isOllamaRunner(process);
}

/**
 * True for the socket by which an Ollama reaches a model it has loaded: on loopback, on another port with every load,
 * and no way in for anybody who cannot call the server's own port, which asks for no credential either. Nobody closes
 * or moves it, so that it must not be taken for the server's place.
 */
function isRunners({ listener }: AskedListener, { tree, looks }: Scene): boolean {
  if (!isLoopback(listener.address) || listener.pids.length === 0) return false;
  return listener.pids.every((pid) => {
    const holder = tree.byPid.get(pid);
    return holder !== undefined && isRunner(holder, looks);
  });
}

/**
 * Listeners without the engines' helpers. One that could not be asked in its own namespace is known by what came
 * back through its published port.
 */
function hearThroughPublications(asked: readonly AskedListener[], index: ContainerIndex, own: string): AskedListener[] {
  const heard: AskedListener[] = [];
  for (const each of asked) {
    if (each.namespace !== own) heard.push(hearThroughPublication(each, index));
    else if (!index.isHelper(each)) heard.push(each);
  }
  return heard;
}

function hearThroughPublication(asked: AskedListener, index: ContainerIndex): AskedListener {
  const publications = index.publicationsOf(asked.namespace, asked.listener.port);
  const helpers = publications.flatMap(({ helper }) => (helper === null ? [] : [helper]));
  if (helpers.length === 0) return asked;
  const answers = [...asked.answers, ...helpers.flatMap((helper) => helper.answers)];
  return { ...asked, answers, recognition: toBest([asked, ...helpers].map((one) => one.recognition)) };
}

interface Group {
  readonly root: number | null;
  readonly listeners: readonly AskedListener[];
}

function groupListeners({ tree, looks }: Scene, asked: readonly AskedListener[]): Group[] {
  const recognised = asked.filter((each) => each.recognition !== null);
  const serving = new Set([...looks.keys(), ...recognised.flatMap((each) => toHolders(each))]);
  const groups = new Map<string, { root: number | null; listeners: AskedListener[] }>();
  const roots = new Map<number, number | null>(); // thousands of sockets may have few holders
  const toServingRoot = (pid: number): number | null => {
    const known = roots.get(pid);
    if (known !== undefined) return known;
    const root = tree.rootOf(pid, (one) => serving.has(one));
    roots.set(pid, serving.has(root) ? root : null);
    return serving.has(root) ? root : null;
  };
  for (const each of asked) {
    const holder = toHolders(each).find((pid) => toServingRoot(pid) !== null);
    if (holder === undefined && each.recognition === null) continue;
    const root = holder === undefined ? null : toServingRoot(holder);
    const key = toGroupKey(each, root, tree);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { root, listeners: [each] });
    else group.listeners.push(each);
  }
  return [...groups.values()];
}

/** One server per process and namespace; an engine has one helper per port and family, for one container. */
function toGroupKey(
  { listener, namespace, recognition }: AskedListener,
  root: number | null,
  tree: ProcessTree,
): string {
  const process = root === null ? undefined : tree.byPid.get(root);
  if (process !== undefined && isPortHelper(process)) return `${namespace} helper ${listener.port}`;
  if (root !== null) return `${namespace} process ${root}`;
  return `${namespace} user ${listener.uid} ${listener.port} ${recognition?.kind}`;
}

/** Who holds a socket. systemd keeps those it activates services with, and is none of them. */
function toHolders({ listener }: AskedListener): readonly number[] {
  return listener.pids.length > 1 ? listener.pids.filter((pid) => pid !== 1) : listener.pids;
}

function toDirectServer({ tree, looks, index, own }: Scene, { root, listeners }: Group): FoundServer {
  const process = root === null ? null : (tree.byPid.get(root) ?? null);
  const held = listeners.filter((each) => root === null || each.listener.pids.includes(root));
  const heard = toBest(held.map((each) => each.recognition));
  const look = root === null ? undefined : looks.get(root);
  const any = toBest(listeners.map((each) => each.recognition));
  const judged = listeners.toSorted(compareWeight).slice(0, MOST_LISTENERS);
  const [first] = listeners;
  const elsewhere = first !== undefined && first.namespace !== own;
  return {
    kind: heard?.kind ?? look ?? any?.kind ?? "openai-compatible",
    version: heard?.version ?? null,
    process,
    container: index.of(process) ?? (elsewhere ? (index.inNamespace(first.namespace)[0] ?? null) : null),
    inOwnNamespace: !elsewhere,
    listeners: listeners.filter((each) => judged.includes(each)),
    publications: elsewhere ? judged.flatMap((each) => index.publicationsOf(each.namespace, each.listener.port)) : [],
    unjudged: listeners.length - judged.length,
    proxied: [],
    tunnelled: [],
    relayed: [],
  };
}

/** Those that answer first, then those that others than this host may reach. */
function compareWeight(one: AskedListener, other: AskedListener): number {
  return toWeight(other) - toWeight(one);
}

function toWeight({ recognition, listener }: AskedListener): number {
  return (recognition === null ? 0 : 2) + (isLoopback(listener.address) ? 0 : 1);
}

/** Containers whose own sockets were not seen, but whose published port answers as a server. */
function findPublishedOnly({ index }: Scene, servers: readonly FoundServer[]): FoundServer[] {
  const taken = new Set(servers.flatMap((server) => server.publications.map((each) => each.published)));
  const open = index.publications.filter(
    (each) => each.helper?.recognition !== null && each.helper !== null && !taken.has(each.published),
  );
  const groups = Map.groupBy(open, (each) => `${each.container.id} ${each.published.containerPort}`);
  return [...groups.values()].map((publications) => {
    const best = toBest(publications.map((each) => each.helper?.recognition ?? null));
    return {
      kind: best?.kind ?? "openai-compatible",
      version: best?.version ?? null,
      process: null,
      container: publications[0]?.container ?? null,
      inOwnNamespace: false,
      listeners: [],
      publications,
      unjudged: 0,
      proxied: [],
      tunnelled: [],
      relayed: [],
    };
  });
}

function toBest(recognitions: readonly (Recognition | null)[]): Recognition | null {
  return recognitions.reduce((best, each) => ((each?.specificity ?? 0) > (best?.specificity ?? 0) ? each : best), null);
}

function compareServers(one: FoundServer, other: FoundServer): number {
  return compareKeys(toKey(one), toKey(other));
}

function toKey(server: FoundServer): readonly (string | number)[] {
  const [listener] = server.listeners.map((each) => each.listener);
  const port = listener?.port ?? server.publications[0]?.published.hostPort ?? Number.MAX_SAFE_INTEGER;
  const place = listener?.address ?? server.publications[0]?.published.hostAddress ?? "";
  return [
    server.kind,
    server.inOwnNamespace ? 0 : 1,
    port,
    place,
    server.process?.pid ?? 0,
    server.container?.id ?? "",
  ];
}
