import type { Evidence } from "../../facts/evidence.ts";
import type { Proxy, ProxySite } from "../../facts/proxies/proxy.ts";
import { toAuthority } from "../authentication.ts";
import type { ProxySiteData } from "../proxy-finding.ts";
import type { Route } from "../route.ts";
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
    const ways = proxyWays.filter((each) => each.server === server.id).map(({ way }) => toJudged(server, way));
    const bySite = Map.groupBy(ways, ({ way }) => `${way.places[0].at.proxy} ${way.places[0].at.site}`);
    return [...bySite.values()].flatMap((ofSite) => {
      const [first] = ofSite;
      if (first === undefined) return [];
      const { proxy, site } = first.way.places[0];
      return [{ server, proxy, site, ways: ofSite }];
    });
  });
}

function toJudged(server: Server, way: ProxyWay): JudgedWay {
  const [hop] = way.hops;
  const routes = server.routes.map((route, index) => ({ route, index }));
  return { way, routes: routes.filter(({ route }) => route.hops.includes(hop)) };
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
