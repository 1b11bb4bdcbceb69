import type { Rule } from "../rule.ts";
import { findStraightRoutes, toAddresses, toEvidence } from "./straight-routes.ts";

/** Every container of its network reaches a container's own address without a credential. */
export const OPEN_TO_CONTAINERS: Rule<"open-to-containers"> = {
  id: "open-to-containers",
  judge: (host) =>
    host.servers.flatMap((server) =>
      findStraightRoutes(host, server)
        .filter(({ isFromItsNetwork }) => isFromItsNetwork)
        .map(({ hop: { container, network }, open }) => ({
          rule: "open-to-containers",
          severity: "medium",
          server: server.id,
          routes: open.map((each) => each.index),
          data: { container, network, addresses: toAddresses(open) },
          evidence: toEvidence(open),
        })),
    ),
};
