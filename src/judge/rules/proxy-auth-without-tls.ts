import type { FindingOf } from "../finding.ts";
import { fromOutside, listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** A proxy demands a credential over plain HTTP, from others than this host. */
export const PROXY_AUTH_WITHOUT_TLS: Rule<"proxy-auth-without-tls"> = {
  id: "proxy-auth-without-tls",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"proxy-auth-without-tls">[] => {
      const plain = site.ways.filter(({ way }) => !way.door.listener.tls);
      const ways = plain.filter((each) => fromOutside(each, "guarded").length > 0);
      const guarded = ways.flatMap((each) => fromOutside(each, "guarded"));
      if (guarded.length === 0) return [];
      return [
        {
          rule: "proxy-auth-without-tls",
          severity: "high",
          server: site.server.id,
          routes: toIndexes(guarded),
          data: toSiteData(site, guarded),
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};
