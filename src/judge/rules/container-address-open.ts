import type { Container } from "../../facts/containers.ts";
import type { Evidence } from "../../facts/evidence.ts";
import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import type { Hop } from "../route.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findOpenRoutes, unique, type NumberedRoute } from "./others-routes.ts";

type Straight = Extract<Hop, { kind: "container-address" }>;

/**
 * A container's own address is reached without a credential: by other machines, because the host forwards their
 * packets and nothing filters them, or by the other containers of its network alone.
 */
export const CONTAINER_ADDRESS_OPEN: Rule<"container-address-open"> = {
  id: "container-address-open",
  judge: (host) => host.servers.flatMap((server) => judgeServer(host, server)),
};

/** One finding for each network of the container, however many addresses and ports it has there. */
function judgeServer(host: JudgedHost, server: Server): FindingOf<"container-address-open">[] {
  const open = findOpenRoutes(server).flatMap((each) => {
    const hop = each.route.hops.find((one) => one.kind === "container-address");
    return hop === undefined ? [] : [{ ...each, hop }];
  });
  const byNetwork = Map.groupBy(open, ({ hop }) => `${hop.container} ${hop.network}`);
  return [...byNetwork.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [toFinding(host, server, first.hop, same)];
  });
}

function toFinding(
  host: JudgedHost,
  server: Server,
  { container, network }: Straight,
  open: readonly NumberedRoute[],
): FindingOf<"container-address-open"> {
  const known = findContainer(host, container)?.networks.find(({ name }) => name === network);
  const bridge = known?.bridge ?? null;
  const forwarded = open.filter(({ route }) => route.from.interface !== bridge);
  return {
    rule: "container-address-open",
    severity: forwarded.length > 0 ? "critical" : "high",
    server: server.id,
    routes: open.map((each) => each.index),
    data: {
      container,
      network,
      bridge,
      addresses: unique(open.map(({ route }) => toAuthority(route.entry.address, route.entry.port))),
      forwarded: forwarded.length > 0,
    },
    evidence: toEvidence(forwarded.length > 0 ? forwarded : open),
  };
}

function findContainer({ facts }: JudgedHost, name: string): Container | null {
  const containers = facts.containers.ok ? facts.containers.value.containers : [];
  return containers.find((each) => each.name === name) ?? null;
}

/** What might have stopped them on the way: that packets are forwarded, that nothing filters, where it listens. */
function toEvidence(open: readonly NumberedRoute[]): Evidence[] {
  const all = open.flatMap(({ route }) =>
    route.barriers.flatMap(({ kind, evidence }) => (kind === "authentication" ? [] : (evidence ?? []))),
  );
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}
