import type { FindingOf } from "../finding.ts";
import { listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import { toLastPlace } from "../proxies/proxy-way.ts";
import type { Rule } from "../rule.ts";

/** A proxy tells browsers that pages of every origin may read what the server answers. */
export const PROXY_ALLOWS_ANY_ORIGIN: Rule<"proxy-allows-any-origin"> = {
  id: "proxy-allows-any-origin",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"proxy-allows-any-origin">[] => {
      const ways = site.ways.filter(({ way }) =>
        [way.places[0], toLastPlace(way)].some(
          ({ location }) => location.passing.allowsOrigins?.includes("*") === true,
        ),
      );
      const routes = ways.flatMap((each) => each.routes.filter(({ route }) => route.verdict !== "closed"));
      if (routes.length === 0) return [];
      const isFree = routes.some(({ route }) => route.verdict === "open");
      return [
        {
          rule: "proxy-allows-any-origin",
          severity: isFree ? "medium" : "low",
          server: site.server.id,
          routes: toIndexes(routes),
          data: toSiteData(site, routes),
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};
