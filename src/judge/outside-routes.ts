import type { Arrival } from "../firewall/partition.ts";
import { isLoopback, isWildcard, toCanonical } from "./addresses.ts";
import { toBarrier, toRouteVerdict } from "./barriers.ts";
import { toBindBarrier, type Bind } from "./listening.ts";
import { toOtherDoors, type OtherDoor } from "./other-doors.ts";
import { judgeDoor, toDeciderEvidence, type PacketFilter, type Passage } from "./packet-filter.ts";
import type { Barrier, Hop, Route } from "./route.ts";
import { subtractSources } from "./population.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** One way into a listener, before it is known who stands at its beginning. */
export interface Way {
  readonly bind: Bind;
  readonly hops: readonly Hop[];
  readonly filter: PacketFilter;
  /** What else stands between this sender and the socket, in the order a packet meets it. */
  readonly barriersFor: (outsider: Outsider) => readonly Barrier[];
  readonly authentication: Barrier;
  /** Whether packets that rules send to this place come to the listener; null where the place is not known. */
  readonly isTarget: (arrival: Arrival) => boolean | null;
  /** Ports of this host that lead to the same server by ways of their own. */
  readonly ownPorts: readonly number[];
}

/** Where a packet for this server comes in. */
type EntryDoor = Route["entry"];

/**
 * The routes of everybody outside to one bind: one per interface and address family, as far as the bind takes
 * that family, and where the packet filter tells their sources apart one for each fate. A listener on one address is
 * judged from every interface, for the kernel answers on each. Another address or port of the host has a route of
 * its own where rules let in by it whom they stop at the first, or send him on to this server.
 */
export function toOutsideRoutes(way: Way, wiring: Wiring): Route[] {
  return wiring.outsiders.flatMap((outsider): Route[] => {
    if (!way.bind.families.some((each) => each.family === outsider.family)) return [];
    const first = { address: toEntryAddress(way.bind, outsider), port: way.bind.port };
    const passages = judgeDoor(way.filter, outsider, wiring, first);
    const told = passages.filter(({ arrival, barrier }) => arrival !== null || barrier?.stops !== true);
    return [
      ...toDoorRoutes(way, outsider, wiring, first, passages),
      ...toOtherDoors(way, outsider, first).flatMap((door) => toOtherRoutes(way, outsider, wiring, door, told)),
    ];
  });
}

function toDoorRoutes(
  way: Way,
  outsider: Outsider,
  wiring: Wiring,
  door: EntryDoor,
  passages: readonly Passage[],
): Route[] {
  const bind = toBindBarrier(way.bind, outsider, wiring);
  if (passages.length > 1 && bind.stops === true && passages.every((each) => !isRewritten(each, door))) {
    // Closed whoever it is: whom the rules would have let in makes no difference.
    return [toDoorRoute(way, outsider, door, [...way.barriersFor(outsider), bind])];
  }
  return passages.map((passage) => {
    const narrowed = { ...outsider, from: passage.from };
    const rewritten = isRewritten(passage, door) ? toRewritten(way, outsider, door, passage, bind) : null;
    const [filtered, bound] = rewritten ?? [passage.barrier, toBindOrRewritten(way, outsider, bind, passage.barrier)];
    const before = filtered === null ? [] : [filtered];
    return toDoorRoute(way, narrowed, door, [...before, ...way.barriersFor(narrowed), bound]);
  });
}

function toDoorRoute(way: Way, outsider: Outsider, door: EntryDoor, barriers: readonly Barrier[]): Route {
  const all = [...(outsider.routing === null ? [] : [outsider.routing]), ...barriers, way.authentication];
  const distinct = all.filter((one, index) => !all.slice(index + 1).some((other) => isSame(one, other)));
  return toRoute(outsider, door, way, distinct);
}

/** By another address or port: those only who come to this server and have not been told of yet. */
function toOtherRoutes(
  way: Way,
  outsider: Outsider,
  wiring: Wiring,
  { door, forwardedBy }: OtherDoor,
  told: readonly Passage[],
): Route[] {
  const isSamePort = door.port === way.bind.port;
  const passages = judgeDoor(way.filter, outsider, wiring, door).flatMap((passage): Passage[] => {
    const { arrival, barrier } = passage;
    const mayArrive = isRewritten(passage, door)
      ? arrival !== null && way.isTarget(arrival) !== false
      : isSamePort && barrier?.stops !== true && way.isTarget({ ...UNCHANGED, ...door }) === true;
    if (!mayArrive) return [];
    const fresh = isSamePort ? subtractSources(outsider, wiring, passage, told) : passage;
    return fresh === null ? [] : [fresh];
  });
  const to = `${way.bind.address}:${way.bind.port}`;
  const hops: readonly Hop[] = isSamePort
    ? way.hops
    : [{ kind: "forwarded", by: forwardedBy, to }, ...way.hops.filter(({ kind }) => kind !== "direct")];
  return passages.length === 0 ? [] : toDoorRoutes({ ...way, hops }, outsider, wiring, door, passages);
}

const UNCHANGED = { hook: "input", rewrittenBy: null } as const;

function isRewritten({ arrival }: Passage, door: EntryDoor): boolean {
  if (arrival === null) return false;
  const isThere = arrival.address !== null && toCanonical(arrival.address) === toCanonical(door.address);
  return !isThere || arrival.port !== door.port;
}

/** What is to be said of the rules and of the bind where rules send the packet to another place. */
function toRewritten(
  way: Way,
  outsider: Outsider,
  door: EntryDoor,
  { arrival, barrier }: Passage,
  bind: Barrier,
): readonly [Barrier | null, Barrier] {
  const evidence = arrival?.rewrittenBy ? toDeciderEvidence(arrival.rewrittenBy) : null;
  // No router passes packets for a loopback address on.
  if (outsider.from.vantage === "internet" && isLoopback(door.address)) return [null, bind];
  const isTarget = arrival === null ? null : way.isTarget(arrival);
  if (isTarget === null) return [barrier, toBarrier("bind", null, "destination-may-be-rewritten", evidence)];
  if (!isTarget) return [toBarrier("firewall", true, "rules-send-elsewhere", evidence), bind];
  return [barrier, toBarrier("bind", false, "listens-here", way.bind.evidence)];
}

/**
 * The bind, unless rules that were not read or are in doubt may rewrite a packet's destination before it meets the
 * bind. Docker before 28 does that for a port published on loopback, for whoever sends packets for 127.0.0.1 to the
 * host's door; and with route_localnet on its interface anybody's packet may be sent on to loopback. (Tried on Linux
 * 6.18: without route_localnet the kernel drops what was rewritten to 127.0.0.1, and always what was rewritten to
 * ::1.)
 */
function toBindOrRewritten(way: Way, outsider: Outsider, bind: Barrier, filtered: Barrier | null): Barrier {
  if (bind.why !== "loopback-only" || outsider.family !== 4 || filtered?.stops !== null) return bind;
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
  entry: EntryDoor,
  way: Pick<Way, "hops">,
  barriers: readonly Barrier[],
): Route {
  const verdict = toRouteVerdict(barriers);
  return {
    from: outsider.from,
    entry,
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
