import type { FindingOf } from "../finding.ts";
import type { Hop } from "../route.ts";
import type { Rule } from "../rule.ts";
import { findOpenRoutes } from "./others-routes.ts";

/** Others use the server without a credential through a tunnel. */
export const TUNNEL_WITHOUT_AUTH: Rule<"tunnel-without-auth"> = {
  id: "tunnel-without-auth",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"tunnel-without-auth">[] => {
      const open = findOpenRoutes(server).flatMap((each) => {
        const hop = each.route.hops.find(isTunnel);
        return hop === undefined ? [] : [{ ...each, hop }];
      });
      const byHop = Map.groupBy(open, ({ hop }) => JSON.stringify([hop.name, hop.publicName, hop.to]));
      return [...byHop.values()].flatMap((ofHop) =>
        ofHop.slice(0, 1).map(({ hop, route }) => ({
          rule: "tunnel-without-auth",
          severity: "critical",
          server: server.id,
          routes: ofHop.map(({ index }) => index),
          data: { tunnel: hop.name, publicName: hop.publicName, to: hop.to },
          evidence: route.barriers.flatMap(({ kind, evidence }) =>
            kind === "authentication" && evidence !== null ? [evidence] : [],
          ),
        })),
      );
    }),
};

function isTunnel(hop: Hop): hop is Extract<Hop, { kind: "tunnel" }> {
  return hop.kind === "tunnel";
}
