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
}

/** Listeners that are asked on one host. */
export const TARGET_LIMIT = 32;
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
 * rest by port; each address once. Within these, users take turns: whoever opens a hundred sockets delays his own
 * and hides nobody else's. `unasked` counts those that were left out because there were too many, or
 * because no address is known under which they could be reached from here.
 */
export function toTargets(
  listeners: readonly Listener[],
  context: AskingContext,
): { readonly targets: readonly Target[]; readonly unasked: number } {
  const targets = new Map<string, Ranked>();
  let unasked = 0;
  for (const listener of listeners) {
    const rank = toRank(listener, context);
    if (rank === null) continue;
    const { port, namespace } = listener;
    const addresses =
      namespace === context.own ? toOwnAddresses(listener, context) : toForeignAddresses(listener, context);
    if (addresses.length === 0 && !isLoopback(listener.address)) unasked += 1;
    for (const address of addresses) {
      const key = `${address} ${port} ${namespace}`;
      const best = Math.min(rank, targets.get(key)?.rank ?? rank);
      const target = { address, port, namespace, likely: best < UNLIKELY };
      targets.set(key, { target, rank: best, uid: targets.get(key)?.uid ?? listener.uid });
    }
  }
  const ordered = takeTurns([...targets.values()].toSorted((a, b) => a.target.port - b.target.port));
  return {
    targets: ordered.slice(0, TARGET_LIMIT).map(({ target }) => target),
    unasked: unasked + Math.max(0, ordered.length - TARGET_LIMIT),
  };
}

interface Ranked {
  readonly target: Target;
  readonly rank: number;
  /** Who holds the socket; null where that could not be read. */
  readonly uid: number | null;
}

/** By rank, and within a rank first one of every user, then a second one of each. */
function takeTurns(targets: readonly Ranked[]): readonly Ranked[] {
  const taken = new Map<string, number>();
  const turns = targets.map((each) => {
    const key = `${each.rank} ${each.uid}`;
    const turn = taken.get(key) ?? 0;
    taken.set(key, turn + 1);
    return { each, turn };
  });
  return turns.toSorted((a, b) => a.each.rank - b.each.rank || a.turn - b.turn).map(({ each }) => each);
}

function toRank(listener: Listener, context: AskingContext): number | null {
  if (listener.pids.some((pid) => context.servers.has(pid))) return 0;
  if (context.ports.includes(listener.port)) return 1;
  return OTHER_PROTOCOLS.has(listener.port) ? null : UNLIKELY;
}

/** Where the reader's own namespace reaches the listener: on loopback where it takes that. */
function toOwnAddresses(listener: Listener, context: AskingContext): readonly string[] {
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
function toForeignAddresses(listener: Listener, context: AskingContext): readonly string[] {
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
function chooseAddresses({ address, dualStack }: Listener, addresses: readonly string[]): readonly string[] {
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
