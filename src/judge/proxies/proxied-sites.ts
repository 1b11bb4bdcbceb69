import type { Evidence } from "../../facts/evidence.ts";
import type { Proxy, ProxySite } from "../../facts/proxies/proxy.ts";
import { toAuthority } from "../authentication.ts";
import type { Finding } from "../finding.ts";
import type { ProxySiteData } from "../proxy-finding.ts";
import type { Hop, Route } from "../route.ts";
import type { JudgedHost } from "../rule.ts";
import type { NumberedRoute } from "../rules/others-routes.ts";
import type { Server } from "../server.ts";
import { toPlaceEvidence } from "./demand.ts";
import type { ProxyWay } from "./proxy-way.ts";

/** A way through a proxy with the routes that were judged of it. */
export interface JudgedWay {
  readonly way: ProxyWay;
  readonly routes: readonly NumberedRoute[];
}

/** One site of a proxy that leads to one server. */
export interface ProxiedSite {
  readonly server: Server;
  readonly proxy: Proxy;
  readonly site: ProxySite;
  readonly ways: readonly JudgedWay[];
}

/** Every site of every proxy that leads to a server, with its ways. */
export function listProxiedSites({ servers, proxyWays }: JudgedHost): readonly ProxiedSite[] {
  return servers.flatMap((server) => {
    const own = proxyWays.filter((each) => each.server === server.id);
    const byHop = own.length === 0 ? new Map<Hop, NumberedRoute[]>() : toRoutesByHop(server);
    const ways = own.map(({ way }) => ({ way, routes: byHop.get(way.hops[0]) ?? [] }));
    const bySite = Map.groupBy(ways, ({ way }) => `${way.places[0].at.proxy} ${way.places[0].at.site}`);
    return [...bySite.values()].flatMap((ofSite) => {
      const [first] = ofSite;
      if (first === undefined) return [];
      const { proxy, site } = first.way.places[0];
      return [{ server, proxy, site, ways: ofSite }];
    });
  });
}

/** All routes of one way share its hops. */
function toRoutesByHop({ routes }: Server): ReadonlyMap<Hop, readonly NumberedRoute[]> {
  const byHop = new Map<Hop, NumberedRoute[]>();
  for (const [index, route] of routes.entries()) {
    for (const hop of route.hops) {
      const known = byHop.get(hop);
      if (known === undefined) byHop.set(hop, [{ route, index }]);
      else known.push({ route, index });
    }
  }
  return byHop;
}

/** The routes of somebody who is not on the host. */
export function fromOutside({ routes }: JudgedWay, ...verdicts: readonly Route["verdict"][]): readonly NumberedRoute[] {
  return routes.filter(
    ({ route: { from, verdict } }) =>
      from.vantage !== "host" && from.vantage !== "browser" && verdicts.includes(verdict),
  );
}

/** What a finding about a site says first. */
export function toSiteData({ proxy, site }: ProxiedSite, routes: readonly NumberedRoute[]): ProxySiteData {
  const entries = routes.map(({ route }) => toAuthority(route.entry.address, route.entry.port));
  return { proxy: proxy.kind, names: site.names, entries: [...new Set(entries)] };
}

/** Where these ways stand in the configuration. */
export function toWayEvidence(ways: readonly Pick<JudgedWay, "way">[]): readonly Evidence[] {
  const all = ways.map(({ way }) => toPlaceEvidence(way.places[0]));
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

export function toIndexes(routes: readonly NumberedRoute[]): readonly number[] {
  return [...new Set(routes.map(({ index }) => index))].toSorted((one, other) => one - other);
}

/** A finding about a site of a proxy. */
type SiteFinding = Pick<Finding, "server" | "routes" | "evidence"> & { readonly data: ProxySiteData };

/** Sites of one proxy of which the very same is found are told once, with all of their names and addresses. */
export function mergeAlike<Each extends SiteFinding>(findings: readonly Each[]): readonly Each[] {
  const alike = Map.groupBy(findings, ({ server, data }) =>
    JSON.stringify([server, { ...data, names: [], entries: [] }]),
  );
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names = same.some(({ data }) => data.names.length === 0) ? [] : same.flatMap(({ data }) => data.names);
    const entries = same.flatMap(({ data }) => data.entries);
    const evidence = same.flatMap((each) => each.evidence);
    return [
      {
        ...first,
        routes: [...new Set(same.flatMap(({ routes }) => routes))].toSorted((one, other) => one - other),
        data: { ...first.data, names: [...new Set(names)], entries: [...new Set(entries)] },
        evidence: [...new Map(evidence.map((each) => [JSON.stringify(each), each])).values()],
      },
    ];
  });
}
