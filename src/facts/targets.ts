import type { Container } from "./containers.ts";
import type { Interface, Network } from "./interfaces.ts";
import { isInSubnet } from "./subnet.ts";
import type { Listener } from "./sockets.ts";

/** Where a listener is asked. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly namespace: string | null;
  /** The process or the port speaks for a model server: it is worth waiting for. */
  readonly likely: boolean;
}

/** What decides who is asked, and where. */
export interface AskingContext {
  /** Namespace of the reader. */
  readonly own: string | null;
  /** Ports on which model servers listen unless told otherwise. */
  readonly ports: readonly number[];
  /** Processes that look like a model server. */
  readonly servers: ReadonlySet<number>;
  readonly networks: readonly Network[];
  readonly containers: readonly Container[];
  readonly namespaceOf: ReadonlyMap<number, string>;
  /** Who is asked already, when more is known of them now. */
  readonly asked: readonly Target[];
}

/** Listeners that are asked on one host. */
const TARGET_LIMIT = 32;
/** The process looks like a model server; the port is one's; neither speaks for one. */
const RANKS = [0, 1, 2] as const;
type Rank = (typeof RANKS)[number];
type RankedListeners = readonly [readonly AskableListener[], readonly AskableListener[], readonly AskableListener[]];
const UNLIKELY: Rank = 2;

/**
 * Ports of other protocols, in which a request would be noise in a log, or worse: 9100 and 515 belong to
 * printers, and print what they are sent. They are asked only where the process looks like a model server.
 */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 88, 110, 111, 135, 139, 143, 179, 389, 445, 465, 515, 587, 631, 636, 853, 873, 993, 995, 1433,
  1521, 1723, 1883, 2049, 3260, 3306, 3389, 4369, 5060, 5432, 5671, 5672, 5900, 6000, 6010, 6379, 8883, 9042, 9092,
  9100, 9418, 11_211, 27_017,
]);

/** What decides on a listener; who holds it may not be looked for yet. */
export type AskableListener = Omit<Listener, "inode" | "evidence" | "pids"> & Partial<Pick<Listener, "pids">>;

/** The first choice among listeners of which nobody knows yet who holds them. */
export function toFirstTargets(listeners: readonly AskableListener[], context: AskingContext): readonly Target[] {
  return [...chooseTargets(rankListeners(listeners, context), context).values()];
}

/**
 * Chooses the listeners to be asked, those that look like a model server first, then known ports, then the
 * rest by port; each address once. Within these, users take turns: whoever opens a hundred sockets delays his own
 * and hides nobody else's. Who is asked already stays chosen. `unasked` counts those that were left out because
 * there were too many, or because no address is known under which they could be reached from here.
 */
export function toTargets(
  listeners: readonly AskableListener[],
  context: AskingContext,
): { readonly targets: readonly Target[]; readonly unasked: number } {
  const ranked = rankListeners(listeners, context);
  const targets = chooseTargets(ranked, context);
  for (const target of context.asked) if (!targets.has(toTargetKey(target))) targets.set(toTargetKey(target), target);
  return { targets: [...targets.values()], unasked: countUnasked(ranked.flat(), targets, context) };
}

function chooseTargets(ranked: RankedListeners, context: AskingContext): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const { target } of takeTurns(ranked, context)) {
    const key = toTargetKey(target);
    if (targets.size < TARGET_LIMIT && !targets.has(key)) targets.set(key, target);
  }
  return targets;
}

/** The same for whoever is reached at the same address. */
export function toTargetKey({ address, port, namespace }: Omit<Target, "likely">): string {
  return `${address} ${port} ${namespace}`;
}

function countUnasked(
  listeners: readonly AskableListener[],
  targets: ReadonlyMap<string, Target>,
  context: AskingContext,
): number {
  const ports = new Set([...targets.values()].map(({ port }) => port));
  let unasked = 0;
  for (const listener of listeners) {
    const { port, namespace } = listener;
    const addresses = toAddresses(listener, context);
    if (addresses.length === 0 && !isLoopback(listener.address)) unasked += 1;
    for (const address of addresses) {
      if (!ports.has(port) || !targets.has(toTargetKey({ address, port, namespace }))) unasked += 1;
    }
  }
  return unasked;
}

interface Candidate {
  readonly target: Target;
  readonly rank: Rank;
  /** How many of the same user and rank stand before it. */
  readonly turn: number;
}

/** By rank, and within a rank first one of every user, then a second one of each; as many as can come to a turn. */
function takeTurns(ranked: RankedListeners, context: AskingContext): readonly Candidate[] {
  const groups = RANKS.flatMap((rank) =>
    [...Map.groupBy(ranked[rank], ({ uid }) => uid).values()].map((group) => toFirst(group, rank, context)),
  );
  return groups.flat().toSorted((a, b) => a.rank - b.rank || a.turn - b.turn || a.target.port - b.target.port);
}

/** Those on the lowest ports, in order, each address once: of thousands only these need to be looked at. */
function toFirst(group: readonly AskableListener[], rank: Rank, context: AskingContext): readonly Candidate[] {
  const ports = Uint16Array.from(new Set(group.map(({ port }) => port))).toSorted();
  const last = ports[TARGET_LIMIT - 1] ?? Number.POSITIVE_INFINITY;
  const low = group.filter(({ port }) => port <= last).toSorted((a, b) => a.port - b.port);
  const targets = low.flatMap((listener) => {
    const { port, namespace } = listener;
    return toAddresses(listener, context).map((address) => {
      return { address, port, namespace, likely: rank < UNLIKELY };
    });
  });
  return [...new Map(targets.map((target) => [toTargetKey(target), target])).values()]
    .slice(0, TARGET_LIMIT)
    .map((target, turn) => ({ target, rank, turn }));
}

/** The listeners of each rank; left out are those of other protocols. */
function rankListeners(listeners: readonly AskableListener[], { servers, ports }: AskingContext): RankedListeners {
  const knownPorts = new Set(ports);
  const ranked: [AskableListener[], AskableListener[], AskableListener[]] = [[], [], []];
  for (const listener of listeners) {
    if (listener.pids?.some((pid) => servers.has(pid)) === true) ranked[0].push(listener);
    else if (knownPorts.has(listener.port)) ranked[1].push(listener);
    else if (!OTHER_PROTOCOLS.has(listener.port)) ranked[UNLIKELY].push(listener);
  }
  return ranked;
}

function toAddresses(listener: AskableListener, context: AskingContext): readonly string[] {
  return listener.namespace === context.own ? toOwnAddresses(listener, context) : toForeignAddresses(listener, context);
}

/** Where the reader's own namespace reaches the listener: on loopback where it takes that. */
function toOwnAddresses(listener: AskableListener, context: AskingContext): readonly string[] {
  const { address, device } = listener;
  if (address.startsWith("fe80:")) return device === null ? [] : [`${address}%${device}`];
  if (address !== "0.0.0.0" && address !== "::") return [address];
  if (device === null || device === "lo") return chooseAddresses(listener, ["127.0.0.1", "::1"]);
  // The kernel hands a socket bound to a card what is sent on this host to that card's own address.
  const own = toLinks(listener.namespace, context).filter(({ name }) => name === device);
  return chooseAddresses(
    listener,
    own.flatMap((link) =>
      link.addresses.map((one) => (one.scope === "link" ? `${one.address}%${device}` : one.address)),
    ),
  );
}

/**
 * Addresses of another namespace: only such as lie behind a bridge or veth of this host, so that no other
 * machine can be meant.
 */
function toForeignAddresses(listener: AskableListener, context: AskingContext): readonly string[] {
  const { address, device, namespace } = listener;
  if (isLoopback(address)) return [];
  const near = toNearAddresses(namespace, context);
  const taken = toLinks(namespace, context)
    .filter(({ name }) => name === device)
    .flatMap((link) => link.addresses.map((one) => one.address));
  const reached = device === null ? near : near.filter((one) => taken.includes(one));
  if (address !== "0.0.0.0" && address !== "::") return reached.filter((one) => one === address).slice(0, 1);
  return chooseAddresses(listener, reached);
}

/**
 * One address that a listener on every address takes. Of `::` where nothing tells whether it takes IPv4 too,
 * one of each family: what comes back from the IPv4 one settles that.
 */
function chooseAddresses({ address, dualStack }: AskableListener, addresses: readonly string[]): readonly string[] {
  const ipv4 = addresses.find((one) => !one.includes(":"));
  const ipv6 = addresses.find((one) => one.includes(":"));
  const chosen =
    address === "0.0.0.0" ? [ipv4] : dualStack === null ? [ipv4, ipv6] : [dualStack ? (ipv4 ?? ipv6) : ipv6];
  return chosen.filter((one) => one !== undefined);
}

function toLinks(namespace: string | null, context: AskingContext): readonly Interface[] {
  const network = context.networks.find((each) => each.namespace === namespace);
  return network?.interfaces.ok === true ? network.interfaces.value : [];
}

function toNearAddresses(namespace: string | null, context: AskingContext): readonly string[] {
  const own = context.networks.find((network) => network.own);
  const links = own?.interfaces.ok === true ? own.interfaces.value : [];
  const subnets = links.flatMap((link) =>
    link.up && (link.kind === "bridge" || link.kind === "veth") ? link.addresses : [],
  );
  return toAddressesOf(namespace, context).filter((address) =>
    subnets.some((subnet) => subnet.scope === "global" && isInSubnet(address, subnet.address, subnet.prefixLength)),
  );
}

function toAddressesOf(namespace: string | null, context: AskingContext): readonly string[] {
  const told = context.containers
    .filter(({ pid }) => pid !== null && context.namespaceOf.get(pid) === namespace)
    .flatMap(({ networks }) => networks.flatMap((network) => [network.address, network.ipv6Address]));
  return [
    ...told.flatMap((address) => (address === null ? [] : [address])),
    ...toLinks(namespace, context).flatMap((link) =>
      link.kind === "veth" ? link.addresses.map(({ address }) => address) : [],
    ),
  ];
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
