import type { Containers, EngineNetwork } from "../facts/containers.ts";
import type { Evidence } from "../facts/evidence.ts";
import type { Interface, Network, RoutingEntry, RoutingTables } from "../facts/interfaces.ts";
import type { Reading } from "../host/host.ts";
import {
  ANYWHERE,
  LINK_LOCAL_V6,
  isGlobal,
  isLinkLocalV6,
  isLoopback,
  overlaps,
  parseCidr,
  toCanonical,
  toFamily,
  toSubnet,
  type Family,
} from "./addresses.ts";
import { toBarrier, toUnreadEvidence } from "./barriers.ts";
import type { Barrier, Vantage } from "./route.ts";

/** Somebody outside a network namespace: the interface and the address family by which they come in. */
export interface Outsider {
  readonly from: Vantage;
  readonly family: Family;
  /** Address by which they call a listener on every address; null where none is known. */
  readonly address: string | null;
  /** What routing alone makes of their packets, where it matters. */
  readonly routing: Barrier | null;
  /** The interface they come in by; null where that could not be read. */
  readonly interface: Interface | null;
}

/** How a network namespace is wired, as the routes need it. */
export interface Wiring {
  /** False for a namespace other than the reader's. */
  readonly own: boolean;
  readonly outsiders: readonly Outsider[];
  /** Interfaces by each of their addresses, in canonical spelling; null where they could not be read. */
  readonly holders: ReadonlyMap<string, readonly string[]> | null;
  readonly interfaces: ReadonlyMap<string, Interface> | null;
}

const FAMILIES: readonly Family[] = [4, 6];
const ENGINE_BRIDGE = /^(docker0|br-[0-9a-f]{12}|(cni-)?podman.*)$/;
/** Tables that are used without a policy rule of somebody's own, which nobody read. */
export const PLAIN_TABLES: ReadonlySet<string> = new Set(["main", "default"]);
const MULTICAST = ["224.0.0.0/4", "ff00::/8"];
const UNREAD: Reading<never> = { ok: false, why: "absent", from: "ip -j -d address" };
const UNREAD_TABLES: RoutingTables = {
  ipv4: { ...UNREAD, from: "ip -j -4 route show table all" },
  ipv6: { ...UNREAD, from: "ip -j -6 route show table all" },
};

/**
 * Everybody who can send packets into a network namespace: per interface that is up, and per family it has an
 * address of, the neighbours (`container` where the interface is an engine's bridge); and per interface and
 * family with a way beyond the link, the internet. `internet` sources are written as the routed prefixes and
 * so include the neighbours, who have routes of their own. A family in which the host has an address and no
 * way beyond its links gets one closed `internet` entry, so that the report says so.
 */
export function toWiring(network: Network | null, own: boolean, containers: Reading<Containers>): Wiring {
  const interfaces = network?.interfaces ?? UNREAD;
  const tables = toTables(network?.routing ?? UNREAD_TABLES);
  if (!interfaces.ok) {
    const barrier = toBarrier("routing", null, "routing-unread", toUnreadEvidence(interfaces));
    return { own, outsiders: toUnreadOutsiders(barrier), holders: null, interfaces: null };
  }
  const bridges = toBridges(containers);
  return {
    own,
    outsiders: [
      ...interfaces.value.flatMap((each) => toNeighbours(each, bridges.get(each.name) ?? [], tables)),
      ...toInternet(interfaces.value, tables),
    ],
    holders: toHolders(interfaces.value),
    interfaces: new Map(interfaces.value.map((each) => [each.name, each])),
  };
}

type BridgedNetwork = Pick<EngineNetwork, "bridge" | "subnets">;

/** The routing table of one family. */
interface Table {
  readonly reading: Reading<readonly RoutingEntry[]>;
  /** Destinations reached without a gateway, by interface. */
  readonly direct: ReadonlyMap<string, readonly RoutingEntry[]>;
  /** Destinations beyond a gateway, and default destinations, by interface. */
  readonly beyond: ReadonlyMap<string, readonly RoutingEntry[]>;
}

type Tables = Readonly<Record<Family, Table>>;

function toTables({ ipv4, ipv6 }: RoutingTables): Tables {
  return { 4: toTable(ipv4), 6: toTable(ipv6) };
}

function toTable(reading: Reading<readonly RoutingEntry[]>): Table {
  const entries = reading.ok ? reading.value : [];
  const isBeyond = (entry: RoutingEntry): boolean =>
    entry.gateway !== null || parseCidr(entry.destination)?.prefixLength === 0;
  const byInterface = (chosen: readonly RoutingEntry[]): Map<string, RoutingEntry[]> =>
    Map.groupBy(chosen, (entry) => entry.interface);
  return {
    reading,
    direct: byInterface(entries.filter((entry) => !isBeyond(entry))),
    beyond: byInterface(entries.filter((entry) => isBeyond(entry))),
  };
}

function toNeighbours(each: Interface, bridged: readonly BridgedNetwork[], tables: Tables): Outsider[] {
  // A bridge's packets appear on the bridge: its ends on the host are not where anybody stands.
  if (!each.up || each.loopback || (each.kind === "veth" && each.master !== null)) return [];
  return FAMILIES.flatMap((family): Outsider[] => {
    const address = toOwnAddress(each, family);
    if (address === null) return [];
    const named = bridged.flatMap((network) => network.subnets);
    const { reading, direct } = tables[family];
    const routed = (direct.get(each.name) ?? []).map((entry) => entry.destination);
    const own = each.addresses.map((one) => toSubnet(one.address, one.prefixLength) ?? "");
    const sources = toSources([...named, ...own, ...routed], family, each);
    // With a prefix of one address and no entry for the link, nobody on it has an address of their own.
    if (sources.length === 0 && reading.ok) return [];
    const vantage = bridged.length > 0 || ENGINE_BRIDGE.test(each.name) ? "container" : "neighbour";
    return [
      {
        from: { vantage, interface: each.name, sources, except: [] },
        family,
        address,
        routing: sources.length === 0 ? toRoutingUnread(reading) : null,
        interface: each,
      },
    ];
  });
}

/** The networks of a link, in one spelling, without the host itself, multicast and repetitions. */
function toSources(cidrs: readonly string[], family: Family, each: Interface): string[] {
  const own = new Set(each.addresses.map((one) => `${toCanonical(one.address)}/${family === 4 ? 32 : 128}`));
  const sources = cidrs.flatMap((cidr) => {
    if (parseCidr(cidr)?.family !== family || own.has(cidr)) return [];
    if (MULTICAST.some((multicast) => overlaps(multicast, cidr))) return [];
    return family === 6 && overlaps(LINK_LOCAL_V6, cidr) ? [LINK_LOCAL_V6] : [cidr];
  });
  return [...new Set(sources)];
}

function toInternet(interfaces: readonly Interface[], tables: Tables): Outsider[] {
  return FAMILIES.flatMap((family): Outsider[] => {
    const fallback = toRoutedAddress(
      interfaces.flatMap((each) => each.addresses),
      family,
    );
    if (fallback === null) return [];
    const { reading, beyond } = tables[family];
    const everywhere: Outsider = {
      from: { vantage: "internet", interface: null, sources: [ANYWHERE[family]], except: [] },
      family,
      address: fallback,
      routing: null,
      interface: null,
    };
    if (!reading.ok) return [{ ...everywhere, routing: toRoutingUnread(reading) }];
    const ways = interfaces.filter((each) => each.up && beyond.has(each.name));
    if (ways.length === 0) {
      const evidence: Evidence = { from: reading.from, text: `no entry for ${ANYWHERE[family]}` };
      return [{ ...everywhere, routing: toBarrier("routing", true, "no-way-back", evidence) }];
    }
    return ways.map((each) => {
      const entries = beyond.get(each.name) ?? [];
      const plain = entries.filter((entry) => PLAIN_TABLES.has(entry.table));
      return {
        ...everywhere,
        from: { vantage: "internet", interface: each.name, sources: toRoutedPrefixes(entries, family), except: [] },
        address: toRoutedAddress(each.addresses, family) ?? fallback,
        // Another table is used only where a policy rule says so, and those were not read.
        routing: plain.length === 0 ? toBarrier("routing", null, "routing-unread", toTableEvidence(entries)) : null,
        interface: each,
      };
    });
  });
}

function toRoutedPrefixes(entries: readonly RoutingEntry[], family: Family): string[] {
  const prefixes = [...new Set(entries.map((entry) => entry.destination))];
  return prefixes.some((prefix) => parseCidr(prefix)?.prefixLength === 0) ? [ANYWHERE[family]] : prefixes;
}

function toTableEvidence(entries: readonly RoutingEntry[]): Evidence | null {
  const [entry] = entries;
  return entry === undefined ? null : { from: "ip rule", text: `${entry.destination} table ${entry.table}` };
}

/** Without the interfaces nobody can be told apart: a neighbour and the internet, both unknown. */
function toUnreadOutsiders(routing: Barrier): Outsider[] {
  return FAMILIES.flatMap((family) =>
    (["neighbour", "internet"] as const).map((vantage) => ({
      from: { vantage, interface: null, sources: [], except: [] },
      family,
      address: null,
      routing,
      interface: null,
    })),
  );
}

function toRoutingUnread(routing: Reading<unknown>): Barrier {
  return toBarrier("routing", null, "routing-unread", routing.ok ? null : toUnreadEvidence(routing));
}

/** The address neighbours use: one that is routed where there is one, else one of the link. */
function toOwnAddress(each: Interface, family: Family): string | null {
  const own = each.addresses.filter((one) => toFamily(one.address) === family && !isLoopback(one.address));
  return toRoutedAddress(each.addresses, family) ?? own[0]?.address ?? null;
}

/** The address packets from beyond the link are most likely sent to: one of the internet's before a private one. */
function toRoutedAddress(addresses: Interface["addresses"], family: Family): string | null {
  const routed = addresses.filter(
    (one) => toFamily(one.address) === family && !isLoopback(one.address) && !isLinkLocalV6(one.address),
  );
  const rank = ({ address, scope }: Interface["addresses"][number]): number =>
    (isGlobal(address) ? 0 : 2) + (scope === "global" ? 0 : 1);
  return routed.toSorted((one, other) => rank(one) - rank(other))[0]?.address ?? null;
}

function toHolders(interfaces: readonly Interface[]): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const each of interfaces) {
    for (const { address } of each.addresses) {
      const key = toCanonical(address);
      const names = holders.get(key);
      if (names === undefined) holders.set(key, [each.name]);
      else names.push(each.name);
    }
  }
  return holders;
}

function toBridges(containers: Reading<Containers>): Map<string, BridgedNetwork[]> {
  const known = containers.ok ? containers.value : { networks: [], containers: [] };
  const networks = [...known.networks, ...known.containers.flatMap((container) => container.networks)];
  return Map.groupBy(
    networks.filter((network) => network.bridge !== null),
    (network) => network.bridge ?? "",
  );
}
