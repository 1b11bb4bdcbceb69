import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { bindOf, findOpenRoutes, unique } from "./others-routes.ts";

/** The server keeps to loopback, and route_localnet hands loopback to those on a link. */
export const LOOPBACK_ROUTED_IN: Rule<"loopback-routed-in"> = {
  id: "loopback-routed-in",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"loopback-routed-in">[] => {
      const routed = findOpenRoutes(server).filter(({ route }) => bindOf(route)?.why === "loopback-routed-in");
      const byEntry = Map.groupBy(routed, ({ route }) => toAuthority(route.entry.address, route.entry.port));
      return [...byEntry].map(([entry, open]) => ({
        rule: "loopback-routed-in",
        severity: "critical",
        server: server.id,
        routes: open.map((each) => each.index),
        data: { interfaces: unique(open.flatMap(({ route }) => route.from.interface ?? [])), entry },
        evidence: open.flatMap(({ route }) => bindOf(route)?.evidence ?? []),
      }));
    }),
};
