import type { FindingOf } from "../finding.ts";
import { fromOutside, listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** Others use the server without a credential through a proxy. */
export const PROXY_WITHOUT_AUTH: Rule<"proxy-without-auth"> = {
  id: "proxy-without-auth",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"proxy-without-auth">[] => {
      const ways = site.ways.filter((each) => fromOutside(each, "open").length > 0);
      const open = ways.flatMap((each) => fromOutside(each, "open"));
      const hops = ways.map(({ way }) => way.hops[0]);
      const [hop] = hops;
      if (hop === undefined) return [];
      const paths = hops.every((each) => each.paths.length > 0) ? hops.flatMap((each) => each.paths) : [];
      return [
        {
          rule: "proxy-without-auth",
          severity: "critical",
          server: site.server.id,
          routes: toIndexes(open),
          data: { ...toSiteData(site, open), to: hop.to, paths: [...new Set(paths)] },
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};
