import { fromCidr, intersectSets, isEmpty, subtractSets, toEmptySet, uniteSets } from "../../firewall/source-set.ts";
import type { SourceSet } from "../../firewall/source-set.ts";
import { covers, toFamily, type Family } from "../addresses.ts";
import { toBarrier, toRouteVerdict } from "../barriers.ts";
import { toBrowserRoute } from "../local-routes.ts";
import { toRoute } from "../outside-routes.ts";
import { toPopulation, toSources } from "../population.ts";
import type { Barrier, Hop, Route } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import type { Outsider, Wiring } from "../vantages.ts";
import { toLineEvidence } from "./demand.ts";
import { toServerChecks } from "./host-check.ts";
import { toLastPlace, type ProxyWay } from "./proxy-way.ts";

/**
 * The routes to a server by one way through a proxy, from the routes to the proxy's own socket: what stops a packet
 * before the proxy stays as it is; what the proxy demands comes in place of what its socket answered to a stranger who
 * named no site. Where the proxy tells sources apart, each part has a route of its own.
 *
 * @param toDoor routes to the proxy's socket, as if the proxy were the server
 */
export function toProxyRoutes(
  server: FoundServer,
  way: ProxyWay,
  toDoor: readonly Route[],
  wiring: Wiring,
): readonly Route[] {
  return toDoor.flatMap((route) => {
    if (route.from.vantage === "browser") return [];
    if (route.from.vantage === "host") return toLocalRoutes(server, way, route);
    return toOutsideRoutes(way, route, wiring);
  });
}

function toOutsideRoutes(way: ProxyWay, route: Route, wiring: Wiring): readonly Route[] {
  const { stance } = way;
  const whole = toRoute(route, route.entry, toHops(way, route), toBarriers(way, route, stance.authentication));
  if (whole.verdict === "closed" || (stance.admitted === null && stance.free.length === 0)) return [whole];
  const family = toFamily(route.entry.address);
  const outsider = wiring.outsiders.find((each) => each.family === family && isSameVantage(each, route));
  const seesSources = route.hops.every(({ kind }) => kind === "direct" || kind === "forwarded");
  if (family === null || outsider === undefined || !seesSources) {
    const unseen = toBarrier("proxy", null, "proxy-not-understood", toLineEvidence(way.places[0].location.source));
    return [
      toRoute(route, route.entry, toHops(way, route), [...toBarriers(way, route, stance.authentication), unseen]),
    ];
  }
  const population = toPopulation(outsider, wiring);
  const present = intersectSets(
    population,
    subtractSets(toSet(family, route.from.sources), toSet(family, route.from.except)),
  );
  return listParts(way, family, present).flatMap(({ sources, barrier, authentication }) => {
    if (isEmpty(sources)) return [];
    const from = { ...route.from, ...toSources(outsider, population, sources) };
    const barriers = [...toBarriers(way, route, authentication), ...(barrier === null ? [] : [barrier])];
    return [toRoute({ from }, route.entry, toHops(way, route), barriers)];
  });
}

interface Part {
  readonly sources: SourceSet;
  readonly barrier: Barrier | null;
  readonly authentication: Barrier;
}

/** Whom the proxy's list lets in without a credential, whom with one, and whom not. */
function listParts({ stance, places }: ProxyWay, family: Family, all: SourceSet): readonly Part[] {
  const { admitted, free, authentication } = stance;
  const evidence = toLineEvidence(places[0].location.source);
  const inside = admitted === null ? all : intersectSets(all, toSet(family, admitted));
  const unasked = intersectSets(inside, toSet(family, free));
  const onList = toBarrier("proxy", false, "proxy-lets-sources-in", evidence);
  // A name on a list may stand for anybody.
  const isUnclear = [...(admitted ?? []), ...free].some((each) => fromCidr(each) === null);
  const notOnList = isUnclear
    ? toBarrier("proxy", null, "proxy-not-understood", evidence)
    : toBarrier("proxy", true, "proxy-stops-sources", evidence);
  return [
    {
      sources: unasked,
      barrier: null,
      authentication: toBarrier("authentication", false, "proxy-lets-sources-in", evidence),
    },
    { sources: subtractSets(inside, unasked), barrier: admitted === null ? null : onList, authentication },
    { sources: subtractSets(all, inside), barrier: notOnList, authentication },
  ];
}

/** From the host itself. */
function toLocalRoutes(server: FoundServer, way: ProxyWay, route: Route): readonly Route[] {
  const { stance } = way;
  const { probe } = stance;
  // Whoever calls an address of his own host calls from that address.
  const isIn = (networks: readonly string[]): boolean =>
    networks.some((network) => covers(network, route.entry.address));
  const unasked = isIn(stance.free);
  const authentication =
    unasked && probe?.outcome !== "guarded"
      ? toBarrier("authentication", false, "proxy-lets-sources-in")
      : stance.authentication;
  const stopped = stance.admitted !== null && !isIn(stance.admitted);
  const barriers = [
    ...toBarriers(way, route, authentication),
    ...(stopped ? [toBarrier("proxy", true, "proxy-stops-sources")] : []),
  ];
  const host: Route = {
    ...route,
    ...toHops(way, route),
    barriers,
    verdict: toRouteVerdict(barriers),
    proof: probe === null ? null : { from: probe.evidence.from, outcome: probe.evidence.text },
  };
  const browser = toBrowserRoute(host, toChecks(server, way));
  return browser === null ? [host] : [host, browser];
}

/** What stops a web page: whether the site takes a foreign name, and what the server behind makes of what it sees. */
function toChecks(server: FoundServer, way: ProxyWay): { readonly host: Barrier; readonly origin: Barrier } {
  const checks = toServerChecks(server);
  const [{ site }] = way.places;
  const evidence = toLineEvidence(site.source);
  if (!site.isDefault && site.names.length > 0) {
    return { ...checks, host: toBarrier("host-check", true, "check-refuses", evidence) };
  }
  const { host } = toLastPlace(way).location.passing;
  if (host === null) return { ...checks, host: toBarrier("host-check", null, "check-unmeasured", evidence) };
  return host.kind === "client"
    ? checks
    : { ...checks, host: toBarrier("host-check", false, "proxy-sets-host", evidence) };
}

function toHops(way: ProxyWay, route: Route): { readonly hops: readonly Hop[] } {
  return { hops: [...route.hops.filter(({ kind }) => kind !== "direct"), ...way.hops] };
}

function toBarriers({ stance }: ProxyWay, route: Route, authentication: Barrier): readonly Barrier[] {
  const before = route.barriers.filter(({ kind }) => kind !== "authentication" && kind !== "host-check");
  const { doubt, hostCheck } = stance;
  return [...before, ...(doubt === null ? [] : [doubt]), ...(hostCheck === null ? [] : [hostCheck]), authentication];
}

function isSameVantage({ from }: Outsider, route: Route): boolean {
  return from.vantage === route.from.vantage && from.interface === route.from.interface;
}

function toSet(family: Family, cidrs: readonly string[]): SourceSet {
  return cidrs.reduce((all, cidr) => {
    const set = fromCidr(cidr);
    return set?.family === family ? uniteSets(all, set) : all;
  }, toEmptySet(family));
}
