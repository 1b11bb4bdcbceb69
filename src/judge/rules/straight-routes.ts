import type { Evidence } from "../../facts/evidence.ts";
import { toAuthority } from "../authentication.ts";
import type { Hop } from "../route.ts";
import type { JudgedHost } from "../rule.ts";
import type { Server } from "../server.ts";
import { findOpenRoutes, unique, type NumberedRoute } from "./others-routes.ts";

/** The open routes to a container's own address on one network, from that network or from elsewhere. */
export interface StraightRoutes {
  readonly hop: Extract<Hop, { kind: "container-address" }>;
  /** Bridge of the network on the host; null where it has none. */
  readonly bridge: string | null;
  readonly isFromItsNetwork: boolean;
  readonly open: readonly NumberedRoute[];
}

/** However many addresses and ports a container has on a network, its open routes there belong together. */
export function findStraightRoutes({ facts }: JudgedHost, server: Server): StraightRoutes[] {
  const containers = facts.containers.ok ? facts.containers.value.containers : [];
  const straight = findOpenRoutes(server).flatMap((each) => {
    const hop = each.route.hops.find((one) => one.kind === "container-address");
    if (hop === undefined) return [];
    const container = containers.find(({ name }) => name === hop.container);
    const bridge = container?.networks.find(({ name }) => name === hop.network)?.bridge ?? null;
    return [{ ...each, hop, bridge, isFromItsNetwork: each.route.from.interface === bridge }];
  });
  const alike = Map.groupBy(straight, ({ hop, isFromItsNetwork }) =>
    JSON.stringify([hop.container, hop.network, isFromItsNetwork]),
  );
  return [...alike.values()].flatMap((open) =>
    open.slice(0, 1).map(({ hop, bridge, isFromItsNetwork }) => ({ hop, bridge, isFromItsNetwork, open })),
  );
}

/** Where they come in, each once. */
export function toAddresses(open: readonly NumberedRoute[]): string[] {
  return unique(open.map(({ route }) => toAuthority(route.entry.address, route.entry.port)));
}

/** What might have stopped them on the way: that packets are forwarded, that nothing filters, where it listens. */
export function toEvidence(open: readonly NumberedRoute[]): Evidence[] {
  const all = open.flatMap(({ route }) =>
    route.barriers.flatMap(({ kind, evidence }) => (kind === "authentication" ? [] : (evidence ?? []))),
  );
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}
