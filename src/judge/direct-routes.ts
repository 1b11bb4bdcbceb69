import type { Listener } from "../facts/sockets.ts";
import type { Arrival } from "../firewall/partition.ts";
import type { AskedListener } from "./asked-listeners.ts";
import { toAuthenticationBarrier } from "./authentication.ts";
import { isLoopback } from "./addresses.ts";
import { toBarrier } from "./barriers.ts";
import { toBrowserChecks } from "./browser-checks.ts";
import { takes, toBind, toLocalAddress, type Bind } from "./listening.ts";
import { toBrowserRoute, toHostRoute, type LocalWay } from "./local-routes.ts";
import { toOutsideRoutes } from "./outside-routes.ts";
import type { PacketFilter } from "./packet-filter.ts";
import type { Route } from "./route.ts";
import type { FoundServer } from "./servers.ts";
import { toUnitFilterBarrier, type UnitOf } from "./unit-filter.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** What stands around a listener. */
export interface Surroundings {
  readonly wiring: Wiring;
  readonly filter: PacketFilter;
  readonly unit: UnitOf;
}

/** Routes to a listener in the reader's own network namespace. */
export function toDirectRoutes(server: FoundServer, asked: AskedListener, around: Surroundings): Route[] {
  const { listener, answers, recognition, dualStack } = asked;
  const bind = toBind(listener, dualStack);
  const authentication = toAuthenticationBarrier(recognition, answers);
  const outside = toOutsideRoutes(
    {
      bind,
      hops: [{ kind: "direct" }],
      filter: around.filter,
      barriersFor: ({ from }) => toList(toUnitFilterBarrier(around.unit, from.sources)),
      authentication,
      isTarget: (arrival) => isSocketTarget(bind, arrival),
      ownPorts: server.listeners.map((each) => each.listener.port),
    },
    around.wiring,
  );
  const local: LocalWay = {
    entry: { address: toAnsweredAddress(asked) ?? toLocalAddress(bind, around.wiring), port: listener.port },
    hops: [{ kind: "direct" }],
    barriers: [toBarrier("bind", false, "listens-here", listener.evidence)],
    authentication,
    answers,
    recognition,
  };
  return [...outside, ...toLocalRoutes(server, local, listener)];
}

/**
 * Routes to a listener in a network namespace that is no known container's (`ip netns`, a container whose engine
 * did not tell). The packet filter in there was not read. What listens on that namespace's loopback is out of
 * reach of everybody who is not in it.
 */
export function toForeignRoutes(server: FoundServer, asked: AskedListener, around: Surroundings): Route[] {
  const { listener, answers, recognition, dualStack } = asked;
  const inside = isLoopback(listener.address);
  const firewall = toBarrier("firewall", null, "firewall-unread");
  const authentication = toAuthenticationBarrier(recognition, answers);
  const bind = toBind(listener, dualStack);
  const way = {
    bind,
    hops: [{ kind: "direct" }] as const,
    filter: { kind: "settled", barrier: firewall } as const,
    barriersFor: ({ from }: Outsider) => toList(toUnitFilterBarrier(around.unit, from.sources)),
    authentication,
    isTarget: (arrival: Arrival) => isSocketTarget(bind, arrival),
    ownPorts: [],
  };
  const outside = toOutsideRoutes(way, around.wiring);
  const answered = toAnsweredAddress(asked);
  const neighbour = outside.find((route) => route.from.vantage === "neighbour");
  const local: LocalWay = {
    entry: { address: answered ?? neighbour?.entry.address ?? listener.address, port: listener.port },
    hops: way.hops,
    barriers: [
      ...(answered === null && !inside ? [firewall] : []),
      toBarrier("bind", inside, inside ? "other-namespace" : "listens-here", listener.evidence),
    ],
    authentication,
    answers,
    recognition,
  };
  return [...outside, ...toLocalRoutes(server, local, listener)];
}

/** Whether a packet sent to that place of this host comes to a socket; null where the place is not known. */
export function isSocketTarget(bind: Bind, { hook, address, port }: Arrival): boolean | null {
  if (hook === "forward" && address !== null) return false;
  if (port !== null && port !== bind.port) return false;
  if (address !== null && !takes(bind, address)) return false;
  return address === null || port === null ? null : true;
}

/**
 * The routes that begin on the host: of its processes, and of web pages open on it. `socket` is the server's own,
 * null where that was not seen.
 */
export function toLocalRoutes(server: FoundServer, way: LocalWay, socket: Listener | null): Route[] {
  const host = toHostRoute(way);
  const { kind, version, process } = server;
  const checks = toBrowserChecks({ kind, version, socket, environment: process?.environment ?? null }, way.answers);
  const browser = toBrowserRoute(host, checks);
  return browser === null ? [host] : [host, browser];
}

/** The address at which the listener really answered; null where it did not. */
export function toAnsweredAddress({
  answers,
  recognition,
}: Pick<AskedListener, "answers" | "recognition">): string | null {
  if (recognition === null) return null;
  return answers.find((answer) => answer.outcome.kind === "answered")?.address ?? null;
}

function toList<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}
