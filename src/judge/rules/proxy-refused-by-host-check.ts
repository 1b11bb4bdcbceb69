import type { FindingOf } from "../finding.ts";
import type { RefusedHost } from "../proxy-finding.ts";
import { listRefusedNames } from "../proxies/host-check.ts";
import { listProxiedSites, mergeAlike, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { JudgedWay, ProxiedSite } from "../proxies/proxied-sites.ts";
import { toLastPlace } from "../proxies/proxy-way.ts";
import type { NumberedRoute } from "./others-routes.ts";
import type { JudgedHost, Rule } from "../rule.ts";

/**
 * A proxy hands on a Host that Ollama's own check refuses: who calls the site by its name gets an empty 403, which is
 * taken for a bug or for a lock.
 */
export const PROXY_REFUSED_BY_HOST_CHECK: Rule<"proxy-refused-by-host-check"> = {
  id: "proxy-refused-by-host-check",
  judge: (host) => mergeAlike(listProxiedSites(host).flatMap((site) => judgeSite(host, site))),
};

function judgeSite(host: JudgedHost, site: ProxiedSite): readonly FindingOf<"proxy-refused-by-host-check">[] {
  const refused = site.ways.flatMap((judged) => {
    const refusal = toRefused(host, judged);
    const routes = judged.routes.filter(isStoppedByNothingElse);
    return refusal === null || routes.length === 0 ? [] : [{ ...refusal, judged, routes }];
  });
  return [...Map.groupBy(refused, ({ by }) => by).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const routes = alike.flatMap((each) => each.routes);
    return [
      {
        rule: "proxy-refused-by-host-check",
        severity: "low",
        server: site.server.id,
        routes: toIndexes(routes),
        data: { ...toSiteData(site, routes), by: first.by, hosts: [...new Set(alike.flatMap(({ hosts }) => hosts))] },
        evidence: toWayEvidence(alike.map(({ judged }) => judged)),
      },
    ];
  });
}

/** Which names are refused, and who chose them; null where the check stops nobody who means well. */
function toRefused(
  { facts }: JudgedHost,
  { way }: JudgedWay,
): { readonly by: RefusedHost; readonly hosts: readonly string[] } | null {
  const { hostCheck } = way.stance;
  const names = listRefusedNames(facts, way.places[0].site.names);
  if (hostCheck?.why === "proxy-passes-its-name") return { by: "passes-its-name", hosts: names };
  if (hostCheck?.why === "caller-chooses-host")
    return names.length === 0 ? null : { by: "passes-any-name", hosts: names };
  if (hostCheck?.why !== "check-refuses" || hostCheck.stops !== true) return null;
  const { passing, upstreams } = toLastPlace(way).location;
  const written =
    passing.host?.kind === "literal"
      ? [passing.host.text]
      : upstreams.flatMap((upstream) => (upstream.kind === "tcp" ? [upstream.host] : []));
  return { by: "writes-name", hosts: written };
}

/** Pages are told of by rules of their own. */
function isStoppedByNothingElse({ route: { from, barriers } }: NumberedRoute): boolean {
  const isBeside = barriers.some(
    ({ kind, stops }) => stops === true && kind !== "host-check" && kind !== "authentication",
  );
  return from.vantage !== "browser" && !isBeside;
}
