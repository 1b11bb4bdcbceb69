import { isRelayName } from "../../servers/relays.ts";
import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import { fromOutside, listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { Hop } from "../route.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";

/** Others use the server without a credential through a proxy, or through another model server that hands on to it. */
export const PROXY_WITHOUT_AUTH: Rule<"proxy-without-auth"> = {
  id: "proxy-without-auth",
  judge: (host) => [...findOpenSites(host), ...findOpenRelays(host)],
};

function findOpenSites(host: JudgedHost): readonly FindingOf<"proxy-without-auth">[] {
  return listProxiedSites(host).flatMap((site): FindingOf<"proxy-without-auth">[] => {
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
  });
}

/** Of each relay that strangers meet one finding, whatever stands before or behind it. */
function findOpenRelays({ servers }: JudgedHost): readonly FindingOf<"proxy-without-auth">[] {
  return servers.flatMap((server): readonly FindingOf<"proxy-without-auth">[] => {
    const open = findOpenRoutes(server).flatMap((each) => {
      const hop = each.route.hops.find(isRelay);
      return hop === undefined ? [] : [{ ...each, hop }];
    });
    const byRelay = Map.groupBy(open, ({ hop }) => JSON.stringify([hop.name, hop.to]));
    return [...byRelay.values()].flatMap((ofRelay) =>
      ofRelay.slice(0, 1).map(({ hop, route }) => ({
        rule: "proxy-without-auth",
        severity: "critical",
        server: server.id,
        routes: toIndexes(ofRelay),
        data: {
          proxy: hop.name,
          names: [],
          entries: unique(ofRelay.map((each) => toAuthority(each.route.entry.address, each.route.entry.port))),
          to: hop.to,
          paths: [],
        },
        evidence: route.barriers.flatMap(({ kind, evidence }) =>
          kind === "authentication" && evidence !== null ? [evidence] : [],
        ),
      })),
    );
  });
}

function isRelay(hop: Hop): hop is Extract<Hop, { kind: "proxy" }> {
  return hop.kind === "proxy" && isRelayName(hop.name);
}
