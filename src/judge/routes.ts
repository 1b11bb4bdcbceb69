import type { Facts } from "../facts/facts.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { Reading } from "../host/host.ts";
import { toFamily } from "./addresses.ts";
import { toOwnNamespace, type AskedListener } from "./asked-listeners.ts";
import { toContainerRoutes } from "./container-routes.ts";
import { toDirectRoutes, toForeignRoutes, type Surroundings } from "./direct-routes.ts";
import { compareKeys } from "./order.ts";
import { toPacketFilter } from "./packet-filter.ts";
import { toProxyAsServer } from "./proxies/proxy-as-server.ts";
import { toProxyRoutes } from "./proxies/proxy-routes.ts";
import { toRelayRoutes } from "./proxies/relay-routes.ts";
import { toTunnelRoutes } from "./proxies/tunnel-routes.ts";
import type { Route, VantageName } from "./route.ts";
import type { ServerVerdict } from "./server.ts";
import type { FoundServer } from "./servers.ts";
import { findUnit } from "./unit-filter.ts";
import { toWiring, type Wiring } from "./vantages.ts";

/** From the farthest to the nearest. */
const VANTAGES: readonly VantageName[] = ["internet", "neighbour", "container", "host", "browser"];

/**
 * Returns the function that tells every route to a server, in the order of the report. How a network namespace
 * is wired is worked out once and shared by the servers in it.
 */
export function toRouter(facts: Facts, ruleSets: Reading<readonly RuleSet[]>): (server: FoundServer) => Route[] {
  const wirings = new Map<string, Wiring>();
  const own = toOwnNamespace(facts);
  const wiringOf = (namespace: string): Wiring => {
    const known = wirings.get(namespace);
    if (known !== undefined) return known;
    const network = facts.networks.find((each) => (each.own ? own : each.namespace) === namespace) ?? null;
    const wiring = toWiring(network, namespace === own, facts.containers);
    wirings.set(namespace, wiring);
    return wiring;
  };
  const filter = toPacketFilter(facts, ruleSets);
  const wiring = wiringOf(own);
  /** Everything but the ways through other model servers. */
  const toOwnRoutes = (server: FoundServer): Route[] => {
    const toRoutes = (each: FoundServer): Route[] =>
      toServerRoutes(facts, each, { wiring, filter, unit: findUnit(facts, each.process) }, wiringOf);
    // Sites share their proxy's sockets.
    const doors = new Map<string, Route[]>();
    const proxied = server.proxied.flatMap((way) => {
      const { namespace, listener } = way.door.asked;
      const door = `${namespace} ${listener.address} ${listener.port}`;
      const routes = doors.get(door) ?? toRoutes(toProxyAsServer(facts, server.kind, way, own));
      doors.set(door, routes);
      return toProxyRoutes(server, way, routes, wiring);
    });
    const tunnelled = server.tunnelled.flatMap((way) => toTunnelRoutes(facts, server, way));
    return [...toRoutes(server), ...proxied, ...tunnelled];
  };
  const relays = new Map<FoundServer, Route[]>();
  const toRelay = (relay: FoundServer): Route[] => {
    const routes = relays.get(relay) ?? toOwnRoutes(relay);
    relays.set(relay, routes);
    return routes;
  };
  return (server) => {
    const relayed = server.relayed.flatMap((way) => toRelayRoutes(server, way, toRelay(way[0].relay)));
    return [...toOwnRoutes(server), ...relayed].toSorted(compareRoutes);
  };
}

/**
 * What a server comes to. `host` and `browser` are left out: whoever stands there is on the host already. A
 * server without a single route is one whose listener could not be matched, and nobody knows who reaches it.
 *
 * @param unjudged how many sockets and ways may lead to it that were not judged
 */
export function toServerVerdict(routes: readonly Route[], unjudged: number): ServerVerdict {
  if (routes.length === 0) return "unknown";
  const outside = routes.filter((route) => route.from.vantage !== "host" && route.from.vantage !== "browser");
  const verdicts = new Set(outside.map((route) => route.verdict));
  if (verdicts.has("open")) return "exposed";
  if (verdicts.has("unknown") || unjudged > 0) return "unknown";
  return verdicts.has("guarded") ? "guarded" : "local";
}

function toServerRoutes(
  facts: Facts,
  found: FoundServer,
  around: Surroundings,
  wiringOf: (namespace: string) => Wiring,
): Route[] {
  const server = { ...found, listeners: toDistinct(found.listeners) };
  if (server.inOwnNamespace) return server.listeners.flatMap((asked) => toDirectRoutes(server, asked, around));
  const inside = wiringOf(server.listeners[0]?.namespace ?? server.process?.namespace ?? "");
  if (server.container === null) {
    return server.listeners.flatMap((asked) => toForeignRoutes(server, asked, { ...around, wiring: inside }));
  }
  const network = facts.networks.find((each) => each.own) ?? null;
  return toContainerRoutes({ server, container: server.container, host: around, network, inside });
}

/** Several workers may each have a socket of their own on the same address and port. */
function toDistinct(listeners: readonly AskedListener[]): AskedListener[] {
  const byPlace = Map.groupBy(listeners, ({ listener }) =>
    [listener.address, listener.port, listener.device].join(" "),
  );
  return [...byPlace.values()].flatMap((same) => same.find((each) => each.recognition !== null) ?? same.slice(0, 1));
}

function compareRoutes(one: Route, other: Route): number {
  return compareKeys(toKey(one), toKey(other));
}

function toKey({ from, entry, hops }: Route): readonly (string | number)[] {
  const way = hops.map(toHopKey).join(" ");
  const place = [toFamily(entry.address) ?? 0, entry.address, entry.port, from.interface ?? ""];
  return [VANTAGES.indexOf(from.vantage), ...place, from.sources.join(" "), way, from.except.join(" ")];
}

function toHopKey(hop: Route["hops"][number]): string {
  if (hop.kind === "proxy") return [hop.kind, hop.name, ...hop.serverNames, ...hop.paths, hop.to].join(" ");
  return "to" in hop ? `${hop.kind} ${hop.to}` : hop.kind;
}
