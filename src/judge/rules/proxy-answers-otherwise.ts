import type { FindingOf } from "../finding.ts";
import { listProxiedSites, toIndexes, toSiteData, toWayEvidence, type JudgedWay } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** A proxy lets in without a credential what its configuration demands one for, or the other way round. */
export const PROXY_ANSWERS_OTHERWISE: Rule<"proxy-answers-otherwise"> = {
  id: "proxy-answers-otherwise",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"proxy-answers-otherwise">[] => {
      return [true, false].flatMap((demands) => {
        const ways = site.ways.filter((each) => isOtherwise(each, demands));
        if (ways.length === 0) return [];
        const routes = ways.flatMap((each) => each.routes);
        const probes = ways.flatMap(({ way }) => (way.stance.probe === null ? [] : [way.stance.probe.evidence]));
        return [
          {
            rule: "proxy-answers-otherwise" as const,
            severity: demands ? ("high" as const) : ("low" as const),
            server: site.server.id,
            routes: toIndexes(routes),
            data: { ...toSiteData(site, routes), demands },
            evidence: [...toWayEvidence(ways), ...probes],
          },
        ];
      });
    }),
};

/** What a server behind demands by itself is no disagreement; nor is what is asked for by `satisfy any`. */
function isOtherwise({ way: { stance } }: JudgedWay, demands: boolean): boolean {
  if (stance.configured !== demands || stance.free.length > 0) return false;
  const theirs = stance.serverDemands;
  if (demands) return stance.probe?.outcome === "open";
  return stance.probe?.outcome === "guarded" && !theirs;
}
