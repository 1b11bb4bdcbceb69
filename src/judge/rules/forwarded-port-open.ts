import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import type { Hop } from "../route.ts";
import type { Rule } from "../rule.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";
import { toEvidence } from "./straight-routes.ts";

/** A rule of the packet filter sends another port of the host on to the server, and others use it without a credential. */
export const FORWARDED_PORT_OPEN: Rule<"forwarded-port-open"> = {
  id: "forwarded-port-open",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"forwarded-port-open">[] => {
      const forwarded = findOpenRoutes(server).flatMap((each) => {
        const hop = each.route.hops.find(isForwarded);
        return hop === undefined ? [] : [{ ...each, hop }];
      });
      const byRule = Map.groupBy(forwarded, ({ hop, route }) => JSON.stringify([hop.by, hop.to, route.entry.port]));
      return [...byRule.values()].flatMap((open) =>
        open.slice(0, 1).map(({ hop }) => ({
          rule: "forwarded-port-open",
          severity: "critical",
          server: server.id,
          routes: open.map((each) => each.index),
          data: {
            entries: unique(open.map(({ route }) => toAuthority(route.entry.address, route.entry.port))),
            by: hop.by,
            to: hop.to,
          },
          evidence: toEvidence(open),
        })),
      );
    }),
};

function isForwarded(hop: Hop): hop is Extract<Hop, { kind: "forwarded" }> {
  return hop.kind === "forwarded";
}
