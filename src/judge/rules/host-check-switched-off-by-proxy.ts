import type { FindingOf } from "../finding.ts";
import { listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { Route } from "../route.ts";
import type { Rule } from "../rule.ts";

/**
 * A web page open on this host uses the server through a proxy that writes a name which the server's Host check accepts,
 * whoever calls. Of an exposed server the way in itself is told.
 */
export const HOST_CHECK_SWITCHED_OFF_BY_PROXY: Rule<"host-check-switched-off-by-proxy"> = {
  id: "host-check-switched-off-by-proxy",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"host-check-switched-off-by-proxy">[] => {
      if (site.server.verdict === "exposed") return [];
      const ways = site.ways.filter(({ routes }) => routes.some(({ route }) => isOpenToPages(route)));
      const open = ways.flatMap(({ routes }) => routes.filter(({ route }) => isOpenToPages(route)));
      if (open.length === 0) return [];
      return [
        {
          rule: "host-check-switched-off-by-proxy",
          severity: "medium",
          server: site.server.id,
          routes: toIndexes(open),
          data: toSiteData(site, open),
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};

function isOpenToPages({ from, verdict, barriers }: Route): boolean {
  const check = barriers.find(({ kind }) => kind === "host-check");
  return from.vantage === "browser" && verdict === "open" && check?.why === "proxy-sets-host";
}
