import type { FindingOf } from "../finding.ts";
import { toLastPlace } from "../proxies/proxy-way.ts";
import {
  listProxiedSites,
  mergeAlike,
  toIndexes,
  toSiteData,
  toWayEvidence,
  type ProxiedSite,
} from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** A proxy that asks for a password or key hands it on to a server that has no use for it. */
export const CREDENTIAL_FORWARDED_UPSTREAM: Rule<"credential-forwarded-upstream"> = {
  id: "credential-forwarded-upstream",
  judge: (host) => mergeAlike(listProxiedSites(host).flatMap(judgeSite)),
};

function judgeSite(site: ProxiedSite): readonly FindingOf<"credential-forwarded-upstream">[] {
  const ways = site.ways.filter(({ way }) => {
    const checks = way.places.some(({ location }) => location.protections.some(isInHeader));
    return checks && toLastPlace(way).location.passing.authorization === "passed";
  });
  const routes = ways.flatMap((each) => each.routes.filter(({ route }) => route.verdict === "guarded"));
  const ownsKeys = site.server.kind !== "ollama";
  if (routes.length === 0 || ownsKeys) return [];
  return [
    {
      rule: "credential-forwarded-upstream",
      severity: "low",
      server: site.server.id,
      routes: toIndexes(routes),
      data: toSiteData(site, routes),
      evidence: toWayEvidence(ways),
    },
  ];
}

function isInHeader({ kind }: { readonly kind: string }): boolean {
  return kind === "basic" || kind === "bearer";
}
