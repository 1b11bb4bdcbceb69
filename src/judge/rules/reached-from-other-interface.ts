import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { bindOf, findOpenRoutes, unique } from "./others-routes.ts";

/**
 * The server listens on one address, and others reach that address through interfaces it does not belong to: the
 * kernel answers for each of its addresses on every interface.
 */
export const REACHED_FROM_OTHER_INTERFACE: Rule<"reached-from-other-interface"> = {
  id: "reached-from-other-interface",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"reached-from-other-interface">[] => {
      const weak = findOpenRoutes(server).filter(({ route }) => bindOf(route)?.why === "weak-host-model");
      const byAddress = Map.groupBy(weak, ({ route }) => route.entry.address);
      return [...byAddress].map(([address, open]) => ({
        rule: "reached-from-other-interface",
        severity: "critical",
        server: server.id,
        routes: open.map((each) => each.index),
        data: { address, interfaces: unique(open.flatMap(({ route }) => route.from.interface ?? [])) },
        evidence: open.slice(0, 1).flatMap(({ route }) => bindOf(route)?.evidence ?? []),
      }));
    }),
};
