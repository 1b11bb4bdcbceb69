import type { Container } from "./containers.ts";
import type { Network } from "./interfaces.ts";
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
}

const TARGET_LIMIT = 32;
/** Rank of a listener for which neither process nor port speaks. */
const UNLIKELY = 2;

/**
 * Ports of other protocols, in which a request would be noise in a log, or worse: 9100 and 515 belong to
 * printers, and print what they are sent. They are asked only where the process looks like a model server.
 */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 88, 110, 111, 135, 139, 143, 179, 389, 445, 465, 515, 587, 631, 636, 853, 873, 993, 995, 1433,
  1521, 1723, 1883, 2049, 3260, 3306, 3389, 4369, 5060, 5432, 5671, 5672, 5900, 6000, 6010, 6379, 8883, 9042, 9092,
  9100, 9418, 11_211, 27_017,
]);

/**
 * Chooses the listeners to be asked, those that look like a model server first, then known ports, then the
 * rest by port; each address once. `unasked` counts those that were left out because there were too many, or
 * because no address is known under which they could be reached from here.
 */
export function toTargets(
  listeners: readonly Listener[],
  context: AskingContext,
): { readonly targets: readonly Target[]; readonly unasked: number } {
  const targets = new Map<string, { readonly target: Target; readonly rank: number }>();
  let unasked = 0;
  for (const listener of listeners) {
    const rank = toRank(listener, context);
    if (rank === null) continue;
    const address = listener.namespace === context.own ? toOwnAddress(listener) : toForeignAddress(listener, context);
    if (address === undefined) unasked += isLoopback(listener.address) ? 0 : 1;
    if (address === undefined) continue;
    const key = `${address} ${listener.port} ${listener.namespace}`;
    const known = targets.get(key);
    const { port, namespace } = listener;
    const best = Math.min(rank, known?.rank ?? rank);
    targets.set(key, { target: { address, port, namespace, likely: best < UNLIKELY }, rank: best });
  }
  const ordered = [...targets.values()].toSorted((a, b) => a.rank - b.rank || a.target.port - b.target.port);
  return {
    targets: ordered.slice(0, TARGET_LIMIT).map(({ target }) => target),
    unasked: unasked + Math.max(0, ordered.length - TARGET_LIMIT),
  };
}

function toRank(listener: Listener, context: AskingContext): number | null {
  if (listener.pids.some((pid) => context.servers.has(pid))) return 0;
  if (context.ports.includes(listener.port)) return 1;
  return OTHER_PROTOCOLS.has(listener.port) ? null : UNLIKELY;
}

/** An address on which the reader's own namespace reaches the listener; none for a socket tied to a network card. */
function toOwnAddress(listener: Listener): string | undefined {
  const { address, device } = listener;
  if (address.startsWith("fe80:")) return device === null ? undefined : `${address}%${device}`;
  if (device !== null && device !== "lo") return undefined;
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return listener.dualStack === true ? "127.0.0.1" : "::1";
  return address;
}

/**
 * An address of another namespace: only one that lies behind a bridge or veth of this host, so that no other
 * machine can be meant.
 */
function toForeignAddress(listener: Listener, context: AskingContext): string | undefined {
  if (listener.device !== null || isLoopback(listener.address)) return undefined;
  const near = toNearAddresses(listener.namespace, context);
  if (listener.address === "0.0.0.0") return near.find((address) => !address.includes(":"));
  if (listener.address !== "::") return near.find((address) => address === listener.address);
  const ipv4 = listener.dualStack === false ? undefined : near.find((address) => !address.includes(":"));
  return ipv4 ?? near.find((address) => address.includes(":"));
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
  const network = context.networks.find((network) => network.namespace === namespace);
  const links = network?.interfaces.ok === true ? network.interfaces.value : [];
  const told = context.containers
    .filter(({ pid }) => pid !== null && context.namespaceOf.get(pid) === namespace)
    .flatMap(({ networks }) => networks.flatMap((network) => [network.address, network.ipv6Address]));
  return [
    ...told.flatMap((address) => (address === null ? [] : [address])),
    ...links.flatMap((link) => (link.kind === "veth" ? link.addresses.map(({ address }) => address) : [])),
  ];
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
