import type { Network, RoutingEntry } from "../facts/interfaces.ts";
import type { Entry, LocalAddress, OutRoute } from "../firewall/partition.ts";
import { overlaps, type Family } from "./addresses.ts";
import { PLAIN_TABLES } from "./vantages.ts";

/** Where somebody's packet meets this host. */
export interface Door {
  readonly family: Family;
  readonly interface: string;
  /** What the sender wrote into the packet. */
  readonly address: string;
  readonly port: number;
}

/**
 * A door, as the judge of rule sets is told of it, with what the host would do with the packet: its addresses, its
 * routes and its switches for packets to others. Null: the interfaces were not read.
 */
export function toEntry(network: Network, door: Door): Entry | null {
  const { interfaces, routing, forwardsIpv4, forwardsIpv6 } = network;
  if (!interfaces.ok) return null;
  const { family, address, port } = door;
  const localAddresses = interfaces.value.flatMap((each): LocalAddress[] =>
    each.addresses.map((own) => ({ address: own.address, interface: each.name })),
  );
  const table = family === 4 ? routing.ipv4 : routing.ipv6;
  const inside = interfaces.value.find((each) => each.name === door.interface);
  return {
    family,
    inInterface: door.interface,
    destination: { address, port },
    sourcePort: null,
    localAddresses,
    routes: table.ok ? toRoutes(table.value) : null,
    forwards: family === 4 ? forwardsIpv4 : forwardsIpv6,
    routeLocalnet: inside?.routeLocalnet === true,
  };
}

/**
 * The routes of the plain tables; null where another table leads some of the same destinations elsewhere, for which
 * of them is used a policy rule says that nobody read.
 */
function toRoutes(entries: readonly RoutingEntry[]): readonly OutRoute[] | null {
  const plain = entries.filter(({ table }) => PLAIN_TABLES.has(table));
  const others = entries.filter(({ table }) => !PLAIN_TABLES.has(table));
  const isContradicted = others.some((other) =>
    plain.some(
      (each) =>
        each.interface !== other.interface &&
        !isDefault(each) &&
        !isDefault(other) &&
        overlaps(each.destination, other.destination),
    ),
  );
  return isContradicted ? null : plain.map((each) => ({ destination: each.destination, interface: each.interface }));
}

function isDefault({ destination }: RoutingEntry): boolean {
  return destination.endsWith("/0");
}
