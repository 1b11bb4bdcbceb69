import { parseAddress, toLastAddress, type AddressFamily } from "./address.ts";
import type { Entry } from "./partition.ts";
import type { Doubt } from "./rule-set.ts";
import {
  containsAddress,
  fromCidr,
  intersectSets,
  parseCidr,
  subtractSets,
  toComplement,
  toEmptySet,
  toSourceSet,
  toWholeSet,
  uniteSets,
  type Interval,
  type SourceSet,
} from "./source-set.ts";

/** For which sources a condition holds for sure, and for which it may; `doubt` says why they differ. */
export interface Held {
  readonly sure: SourceSet;
  readonly possible: SourceSet;
  readonly doubt: Doubt | null;
}

/** What a host knows of addresses, read out of an entry once. */
export interface Surroundings {
  readonly entry: Entry;
  readonly family: AddressFamily;
  readonly whole: SourceSet;
  readonly empty: SourceSet;
  /** The conditions that hold for everybody and for nobody: most do the one or the other. */
  readonly always: Held;
  readonly never: Held;
  readonly destination: bigint;
  /** Addresses that are this host's own, the loopback ones included. */
  readonly local: SourceSet;
  /** Those of the interface the packet comes in by. */
  readonly localHere: SourceSet;
  readonly loopback: SourceSet;
  readonly loopbackAddress: bigint;
  readonly linkLocal: SourceSet;
  /** Addresses of the incoming interface, in its order. */
  readonly inAddresses: readonly bigint[];
  /** The routes, the longest prefix first; null: not read. */
  readonly routes: readonly ParsedRoute[] | null;
}

interface ParsedRoute extends Interval {
  readonly interface: string | null;
}

/** Reads an entry. Null: its destination is no address of its family. */
export function readEntry(entry: Entry): Surroundings | null {
  const { family } = entry;
  const whole = toWholeSet(family);
  const empty = toEmptySet(family);
  const destination = parseAddress(entry.destination.address);
  if (destination?.family !== family) return null;
  const loopback = (family === 4 ? fromCidr("127.0.0.0/8") : fromCidr("::1")) ?? toEmptySet(family);
  const parsed = entry.localAddresses.flatMap(({ address, interface: name }) => {
    const read = parseAddress(address);
    return read?.family === family ? [{ value: read.value, name }] : [];
  });
  const inAddresses = parsed.filter(({ name }) => name === entry.inInterface).map(({ value }) => value);
  const routes = entry.routes === null ? null : parseRoutes(entry.routes, family);
  const local = uniteSets(
    toPoints(
      family,
      parsed.map(({ value }) => value),
    ),
    loopback,
  );
  return {
    entry,
    family,
    whole,
    empty,
    always: { sure: whole, possible: whole, doubt: null },
    never: { sure: empty, possible: empty, doubt: null },
    destination: destination.value,
    local,
    localHere:
      entry.inInterface === "lo" ? uniteSets(toPoints(family, inAddresses), loopback) : toPoints(family, inAddresses),
    loopback,
    loopbackAddress: family === 4 ? 0x7f00_0001n : 1n,
    linkLocal: fromCidr(family === 4 ? "169.254.0.0/16" : "fe80::/10") ?? toEmptySet(family),
    inAddresses,
    routes,
  };
}

function toPoints(family: AddressFamily, values: readonly bigint[]): SourceSet {
  return toSourceSet(
    family,
    values.map((value) => ({ first: value, last: value })),
  );
}

function parseRoutes(routes: NonNullable<Entry["routes"]>, family: AddressFamily): readonly ParsedRoute[] {
  const parsed = routes.flatMap(({ destination, interface: name }) => {
    const cidr = parseCidr(destination);
    return cidr?.family === family ? [{ first: cidr.first, last: cidr.last, interface: name }] : [];
  });
  const size = ({ first, last }: Interval): bigint => last - first;
  return parsed.toSorted((one, other) => (size(one) < size(other) ? -1 : size(one) > size(other) ? 1 : 0));
}

/** Where a packet for an address leaves; `none` where no route or a refusing one leads there; null: not read. */
export function findOutInterface(around: Surroundings, address: bigint): { readonly name: string } | "none" | null {
  if (around.routes === null) return null;
  const route = around.routes.find(({ first, last }) => first <= address && address <= last);
  return route === undefined || route.interface === null ? "none" : { name: route.interface };
}

/** More routes than this are not turned into sets. */
const ROUTE_LIMIT = 4_096;

/**
 * The sources whose way back leads through the incoming interface, or with `loose` those that have one at all: of
 * each address the longest prefix decides, and the host's own addresses are nobody else's source. Null: not read.
 */
export function toReversePath(around: Surroundings, loose: boolean): SourceSet | null {
  const { family, routes, entry } = around;
  if (routes === null || routes.length > ROUTE_LIMIT) return null;
  let left = toComplement(around.local);
  let back = around.empty;
  for (const route of routes) {
    const here = intersectSets(left, { family, firsts: [route.first], lasts: [route.last] });
    left = subtractSets(left, here);
    if (loose ? route.interface !== null : route.interface === entry.inInterface) back = uniteSets(back, here);
  }
  return back;
}

/**
 * The addresses of a routing type. Subnet broadcasts count as unicast here: the kernel takes no connection from or
 * to one. So does 0.0.0.0/8 but for its first address, as it is since Linux 5.3; older kernels take no packet from
 * there. Null: a type that is not derived.
 */
export function toTypeSet(around: Surroundings, type: string, onInterface: boolean): SourceSet | null {
  const { family } = around;
  const local = onInterface ? around.localHere : around.local;
  const multicast = fromCidr(family === 4 ? "224.0.0.0/4" : "ff00::/8") ?? around.empty;
  const broadcast =
    family === 4
      ? toSourceSet(4, [
          { first: 0n, last: 0n },
          { first: toLastAddress(4), last: toLastAddress(4) },
        ])
      : around.empty;
  switch (type) {
    case "local":
      return local;
    case "multicast":
      return multicast;
    case "broadcast":
      return broadcast;
    case "unicast":
      return toComplement(uniteSets(local, uniteSets(multicast, broadcast)));
    case "anycast":
    case "unspec":
      return around.empty;
    default:
      return null;
  }
}

export function isOwn(around: Surroundings, address: bigint): boolean {
  return containsAddress(around.local, address);
}
