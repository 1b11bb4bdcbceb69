import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import { fromOutside, listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";

/** A proxy demands a credential, and whoever calls the server itself is asked for none. */
export const OPEN_BESIDE_PROXY: Rule<"open-beside-proxy"> = {
  id: "open-beside-proxy",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"open-beside-proxy">[] => {
      const ways = site.ways.filter((each) => fromOutside(each, "guarded").length > 0);
      const guarded = ways.flatMap((each) => fromOutside(each, "guarded"));
      if (guarded.length === 0) return [];
      const open = findOpenRoutes(site.server).filter(({ route }) =>
        route.hops.every(({ kind }) => kind !== "proxy" && kind !== "tunnel"),
      );
      if (open.length === 0) return [];
      return [
        {
          rule: "open-beside-proxy",
          severity: "high",
          server: site.server.id,
          routes: toIndexes(open),
          data: {
            ...toSiteData(site, guarded),
            open: unique(open.map(({ route }) => toAuthority(route.entry.address, route.entry.port))),
          },
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};
