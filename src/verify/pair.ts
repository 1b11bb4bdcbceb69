import type { Facts } from "../facts/facts.ts";
import type { Interface, Network, RoutingEntry } from "../facts/interfaces.ts";
import { overlaps, parseCidr, toCanonical, toSubnet, type Family } from "../judge/addresses.ts";

export type Guest = "neighbour" | "stranger";

/** Addresses of one family on both sides of a pair of virtual interfaces between a host and a guest. */
export interface PairAddresses {
  readonly family: Family;
  readonly host: string;
  readonly prefixLength: number;
  /** The guest's own, in the same subnet. */
  readonly guest: string;
  /** Where the guest calls from: that address, or one of a network that lies behind it. */
  readonly source: string;
  /** The network of a stranger's source, CIDR; null for a neighbour. */
  readonly range: string | null;
}

export interface Pair {
  /** Name of the interface on the host. */
  readonly link: string;
  readonly as: Guest;
  /** At most one of each family. */
  readonly addresses: readonly PairAddresses[];
}

/** RFC 2544 and RFC 5180 keep these for tests of network devices: nobody routes them. */
const BLOCKS = 512;

/**
 * Chooses addresses for a guest that mean nothing on this host: no address, subnet or route of any network namespace
 * that was read overlaps them. `number` tells guests of one run apart. A family without a free block is left out.
 */
export function choosePair(
  networks: readonly Network[],
  { link, as, number, families }: Pick<Pair, "link" | "as"> & { number: number; families: readonly Family[] },
): Pair {
  const taken = listTaken(networks);
  return {
    link,
    as,
    addresses: families.flatMap((family) => {
      const free = Array.from({ length: BLOCKS }, (_, block) => block).filter(
        (block) => !taken.some((each) => parseCidr(each)?.family === family && overlaps(each, toBlock(family, block))),
      );
      const block = free[number];
      return block === undefined ? [] : [toAddresses(family, block, as)];
    }),
  };
}

function toBlock(family: Family, block: number): string {
  return family === 4
    ? `198.${18 + Math.floor(block / 256)}.${block % 256}.0/24`
    : `2001:2:0:${block.toString(16)}::/64`;
}

function toAddresses(family: Family, block: number, as: Guest): PairAddresses {
  const isNeighbour = as === "neighbour";
  if (family === 4) {
    const start = toBlock(4, block).replace(/\.0\/24$/, "");
    const guest = `${start}.2`;
    const source = isNeighbour ? guest : `${start}.129`;
    const range = isNeighbour ? null : `${start}.128/25`;
    return { family, host: `${start}.1`, prefixLength: 30, guest, source, range };
  }
  const start = toBlock(6, block).replace(/::\/64$/, "");
  const guest = toCanonical(`${start}::2`);
  const source = isNeighbour ? guest : toCanonical(`${start}:8000::1`);
  const range = isNeighbour ? null : toSubnet(source, 65);
  return { family, host: toCanonical(`${start}::1`), prefixLength: 126, guest, source, range };
}

/** Default destinations cover every range, and are no use of it. */
function listTaken(networks: readonly Network[]): readonly string[] {
  return networks.flatMap(({ interfaces, routing }) =>
    [
      ...(interfaces.ok ? interfaces.value : []).flatMap(({ addresses }) =>
        addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      ),
      ...[routing.ipv4, routing.ipv6].flatMap((table) =>
        (table.ok ? table.value : []).map(({ destination }) => destination),
      ),
    ].filter((cidr) => (parseCidr(cidr)?.prefixLength ?? 0) > 0),
  );
}

/** The facts of the host as they are while these pairs stand: what a judge expects of a guest's call. */
export function withPairs(facts: Facts, pairs: readonly Pair[]): Facts {
  return { ...facts, networks: facts.networks.map((each) => (each.own ? addPairs(each, pairs) : each)) };
}

function addPairs(network: Network, pairs: readonly Pair[]): Network {
  const { interfaces, routing } = network;
  if (!interfaces.ok) return network;
  const outer = interfaces.value.filter(({ loopback }) => !loopback);
  // The switch of `all` counts for every interface; that of one of them does not.
  const routeLocalnet = outer.length > 0 && outer.every((each) => each.routeLocalnet === true);
  const links = pairs.map((pair) => toInterface(pair, routeLocalnet));
  const add = (table: Network["routing"]["ipv4"], family: Family): typeof table =>
    table.ok ? { ...table, value: [...table.value, ...pairs.flatMap((pair) => toRoutes(pair, family))] } : table;
  return {
    ...network,
    interfaces: { ...interfaces, value: [...interfaces.value, ...links] },
    routing: { ipv4: add(routing.ipv4, 4), ipv6: add(routing.ipv6, 6) },
  };
}

function toInterface({ link, addresses }: Pair, routeLocalnet: boolean): Interface {
  return {
    name: link,
    loopback: false,
    up: true,
    kind: "veth",
    master: null,
    addresses: addresses.map(({ host, prefixLength }) => ({ address: host, prefixLength, scope: "global" })),
    routeLocalnet,
  };
}

function toRoutes({ link, addresses }: Pair, family: Family): readonly RoutingEntry[] {
  return addresses
    .filter((each) => each.family === family)
    .flatMap(({ host, prefixLength, guest, range }): readonly RoutingEntry[] => {
      const near = toSubnet(host, prefixLength) ?? host;
      const entries = [{ family, destination: near, gateway: null, interface: link, table: "main" }];
      return range === null
        ? entries
        : [...entries, { family, destination: range, gateway: guest, interface: link, table: "main" }];
    });
}
