import { toBindBarrier, type Bind } from "./listening.ts";
import { toRouteVerdict } from "./barriers.ts";
import type { Barrier, Hop, Route } from "./route.ts";
import type { Outsider, Wiring } from "./vantages.ts";
import { isWildcard } from "./addresses.ts";

/** One way into a listener, before it is known who stands at its beginning. */
export interface Way {
  readonly bind: Bind;
  readonly hops: readonly Hop[];
  readonly firewall: Barrier;
  /** What else stands between this sender and the socket, in the order a packet meets it. */
  readonly barriersFor: (outsider: Outsider) => readonly Barrier[];
  readonly authentication: Barrier;
}

/**
 * The routes of everybody outside to one bind: one per interface and address family, as far as the bind takes
 * that family. A listener on one address is judged from every interface, for the kernel answers on each.
 */
export function toOutsideRoutes(way: Way, wiring: Wiring): Route[] {
  return wiring.outsiders.flatMap((outsider): Route[] => {
    if (!way.bind.families.some((each) => each.family === outsider.family)) return [];
    const bind = toBindOrRewritten(way, outsider, wiring);
    const barriers = [
      ...(outsider.routing === null || isSame(outsider.routing, bind) ? [] : [outsider.routing]),
      way.firewall,
      ...way.barriersFor(outsider),
      bind,
      way.authentication,
    ];
    return [toRoute(outsider, toEntryAddress(way.bind, outsider), way, barriers)];
  });
}

/**
 * The bind, unless rules that nobody judged yet may rewrite a packet's destination before it meets the bind. Docker
 * before 28 does that for a port published on loopback, for whoever sends packets for 127.0.0.1 to the host's door;
 * and with route_localnet on its interface anybody's packet may be sent on to loopback. (Tried on Linux 6.18: without
 * route_localnet the kernel drops what was rewritten to 127.0.0.1, and always what was rewritten to ::1.)
 */
function toBindOrRewritten(way: Way, outsider: Outsider, wiring: Wiring): Barrier {
  const bind = toBindBarrier(way.bind, outsider, wiring);
  if (bind.why !== "loopback-only" || outsider.family !== 4 || way.firewall.stops !== null) return bind;
  const published = way.hops.some((hop) => hop.kind === "published-port") && outsider.from.vantage !== "internet";
  if (!published && outsider.interface?.routeLocalnet !== true) return bind;
  return { ...bind, stops: null, why: "destination-may-be-rewritten" };
}

/**
 * A route from outside. What stands in front of the host (a router, NAT, a cloud's security group) cannot be
 * seen from it, whatever the address: for the internet this is said on every route this host does not close.
 */
export function toRoute(
  outsider: Pick<Outsider, "from">,
  address: string,
  way: Pick<Way, "bind" | "hops">,
  barriers: readonly Barrier[],
): Route {
  const verdict = toRouteVerdict(barriers);
  return {
    from: outsider.from,
    entry: { address, port: way.bind.port },
    hops: way.hops,
    barriers,
    verdict,
    upstreamUnseen: outsider.from.vantage === "internet" && verdict !== "closed",
    proof: null,
  };
}

function toEntryAddress(bind: Bind, outsider: Outsider): string {
  return isWildcard(bind.address) ? (outsider.address ?? bind.address) : bind.address;
}

function isSame(one: Barrier, other: Barrier): boolean {
  return one.kind === other.kind && one.why === other.why;
}
