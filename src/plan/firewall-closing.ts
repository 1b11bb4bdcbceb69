import type { Facts } from "../facts/facts.ts";
import { fromCidr, isEmpty, subtractSets, toEmptySet, uniteSets, type SourceSet } from "../firewall/source-set.ts";
import { toCanonical, toFamily, type Family } from "../judge/addresses.ts";
import { judgeDoor, toPacketFilter, type PacketFilter, type Passage } from "../judge/packet-filter.ts";
import type { Route } from "../judge/route.ts";
import { toRuleSets } from "../judge/rule-sets.ts";
import type { Server } from "../judge/server.ts";
import { toWiring, type Outsider, type Wiring } from "../judge/vantages.ts";

/** Where a packet for a server meets rules: on its way to a socket of the host, or through the host to a container. */
export type Place = "input" | "forward";

/** A port of a server that somebody outside gets to, and where rules can keep him from it. */
export interface Closing {
  readonly server: string;
  readonly place: Place;
  readonly family: Family;
  /** For `input` the one the socket listens on, after all rewriting; for `forward` the one that the sender wrote. */
  readonly port: number;
  /** Zone of firewalld's that lets him in; null where none is known to. */
  readonly zone: string | null;
}

/** What is to be closed for one server, and its routes that no rule of a firewall closes. */
export interface Closings {
  readonly closings: readonly Closing[];
  readonly left: readonly Route[];
}

/**
 * Looks for every way by which somebody outside gets to a server, or may get to it, but for the sources that are
 * allowed. A container's own address, and a network namespace of somebody's own, are left: rules there are not ours.
 */
export function findClosings(facts: Facts, server: Server, allow: readonly string[]): Closings {
  const network = facts.networks.find((each) => each.own) ?? null;
  const wiring = toWiring(network, true, facts.containers);
  const filter = toPacketFilter(facts, toRuleSets(facts));
  const ways = server.routes.filter((route) => isOutside(route) && mayPass(route) && !isAllowed(route, allow));
  const reached = ways.filter((route) => isAtThisHost(route, wiring));
  const closings = reached.flatMap((route) =>
    findPassages(route, filter, wiring).flatMap((passage) => toClosings(server, route, passage)),
  );
  const distinct = Map.groupBy(closings, ({ place, family, port, zone }) => `${place} ${family} ${port} ${zone}`);
  return {
    closings: [...distinct.values()].flatMap(([first]) => first ?? []),
    left: ways.filter((route) => !reached.includes(route)),
  };
}

/** Whether somebody on another machine, or in a container, stands at its beginning. */
export function isOutside({ from }: Route): boolean {
  return from.vantage !== "host" && from.vantage !== "browser";
}

function mayPass({ verdict }: Route): boolean {
  return verdict === "open" || verdict === "unknown";
}

/** Whether all who come by a route are among the networks that are to get through. */
export function isAllowed({ from, entry }: Pick<Route, "from" | "entry">, allow: readonly string[]): boolean {
  const family = toFamily(entry.address);
  if (family === null) return false;
  const sources = subtractSets(toSet(family, from.sources), toSet(family, from.except));
  return !isEmpty(sources) && isEmpty(subtractSets(sources, toSet(family, allow)));
}

/** The networks of one family among these. */
export function toSet(family: Family, cidrs: readonly string[]): SourceSet {
  return cidrs.reduce((all, cidr) => {
    const set = fromCidr(cidr);
    return set?.family === family ? uniteSets(all, set) : all;
  }, toEmptySet(family));
}

/** Whether its packets are addressed to this host, and not to a container or to another network namespace. */
export function isAtThisHost({ entry, hops }: Route, { holders }: Pick<Wiring, "holders">): boolean {
  // A proxy's port serves other sites too, and a tunnel has none.
  if (hops.some(({ kind }) => kind === "container-address" || kind === "proxy" || kind === "tunnel")) return false;
  return holders === null || holders.has(toCanonical(entry.address));
}

function findPassages(route: Route, filter: PacketFilter, wiring: Wiring): readonly Passage[] {
  const { from, entry } = route;
  const family = toFamily(entry.address);
  const isSame = (each: Outsider): boolean =>
    each.family === family && each.from.vantage === from.vantage && each.from.interface === from.interface;
  const passages = wiring.outsiders.filter(isSame).flatMap((each) => judgeDoor(filter, each, wiring, entry));
  return passages.filter(({ barrier, arrival }) => arrival !== null || barrier?.stops !== true);
}

function toClosings(server: Server, { entry, hops }: Route, { arrival, barrier }: Passage): readonly Closing[] {
  const family = toFamily(entry.address);
  if (family === null) return [];
  const name = barrier?.by?.name;
  const zone = name?.kind === "firewalld-zone" ? name.zone : null;
  const input: Closing = { server: server.id, place: "input", family, port: arrival?.port ?? entry.port, zone };
  const forward: Closing = { server: server.id, place: "forward", family, port: entry.port, zone: null };
  if (arrival !== null) return [arrival.hook === "input" ? input : forward];
  const isPublished = hops.some(({ kind }) => kind === "published-port");
  return isPublished && barrier?.stops !== false ? [input, forward] : [input];
}
