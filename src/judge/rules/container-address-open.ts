import type { FindingOf } from "../finding.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findStraightRoutes, toAddresses, toEvidence } from "./straight-routes.ts";

/**
 * Others than the containers of its network reach a container's own address without a credential, because the host
 * forwards their packets and nothing filters them. Who is on its network has a rule of his own.
 */
export const CONTAINER_ADDRESS_OPEN: Rule<"container-address-open"> = {
  id: "container-address-open",
  judge: (host) => host.servers.flatMap((server) => judgeServer(host, server)),
};

/** One finding for each network of the container, however many addresses and ports it has there. */
function judgeServer(host: JudgedHost, server: Server): FindingOf<"container-address-open">[] {
  return findStraightRoutes(host, server)
    .filter(({ isFromItsNetwork }) => !isFromItsNetwork)
    .map(({ hop: { container, network }, bridge, open }) => ({
      rule: "container-address-open",
      severity: "critical",
      server: server.id,
      routes: open.map((each) => each.index),
      data: { container, network, bridge, addresses: toAddresses(open) },
      evidence: toEvidence(open),
    }));
}
