import { isRelayName, RELAYS, type RelaySight, type RelayTarget, type RelayTargets } from "../../servers/relays.ts";
import { toAuthority } from "../authentication.ts";
import type { FoundServer } from "../servers.ts";
import { startSearch, followUpstream, toHop, type End, type ProxyScene, type Search } from "./find-proxy-ways.ts";
import type { RelayLeg, RelayWay } from "./relay-way.ts";

/** Relays behind each other; who leads in circles is told once. */
const MOST_RELAYS = 3;

/**
 * The model servers of a host with the ways by which others of them hand on to them. Of each relay the shortest way is
 * told, a certain one before one that only may be. A relay that nobody sees listening may be reached by anybody.
 */
export function withRelays(scene: ProxyScene): FoundServer[] {
  const { servers } = scene;
  const relays = servers.filter(({ kind }) => isRelayName(kind));
  if (relays.length === 0) return [...servers];
  const search = startSearch(scene);
  const legs = relays.flatMap((relay) => findLegs(search, relay));
  return servers.map((server) => {
    const ways = findWays(server, legs);
    const hidden = ways.filter(([{ relay }]) => relay.listeners.length === 0 && relay.publications.length === 0);
    return { ...server, relayed: ways, unjudged: server.unjudged + hidden.length };
  });
}

/** One step from a relay to a server. */
interface Step {
  readonly leg: RelayLeg;
  readonly server: FoundServer;
}

function findWays(server: FoundServer, steps: readonly Step[]): readonly RelayWay[] {
  const sure = steps.filter(({ leg }) => leg.certainty === "resolved");
  const ways: RelayWay[] = [];
  const known = new Set<FoundServer>([server]);
  const extend = (among: readonly Step[], to: FoundServer, rest: readonly RelayLeg[]): void => {
    for (const { leg, server: target } of among) {
      if (target !== to || known.has(leg.relay)) continue;
      known.add(leg.relay);
      ways.push([leg, ...rest]);
    }
  };
  extend(sure, server, []);
  for (let length = 1; length < MOST_RELAYS; length += 1) {
    for (const way of ways.filter((each) => each.length === length)) extend(sure, way[0].relay, way);
  }
  extend(steps, server, []);
  return ways;
}

function findLegs(search: Search, relay: FoundServer): readonly Step[] {
  const { targets, others } = toRelayTargets(relay);
  const namespace = relay.listeners[0]?.namespace ?? relay.process?.namespace ?? "";
  const told = targets.flatMap((target) =>
    toPorts(search, target).flatMap((port) =>
      followUpstream(search, namespace, { kind: "tcp", host: target.host, port, tls: target.tls }, null).map((end) =>
        toStep(relay, end, target),
      ),
    ),
  );
  const text = "?";
  const unclear = others
    ? followUpstream(search, namespace, { kind: "unclear", text }, null).map((end) => toStep(relay, end, null))
    : [];
  return [...told, ...unclear].filter(({ server }) => server !== relay && !isWorkerOf(server, relay));
}

function toRelayTargets(relay: FoundServer): RelayTargets {
  return RELAYS[relay.kind]?.leadsTo(toSight(relay)) ?? { targets: [], others: false };
}

function toSight({ process, container, listeners, publications }: FoundServer): RelaySight {
  const heard = [...listeners, ...publications.flatMap(({ helper }) => helper ?? [])];
  const answers = heard.flatMap((each) => each.answers);
  if (process?.environment.ok === true) {
    return { environment: process.environment.value, environmentFrom: process.environment.from, answers };
  }
  const environment = container?.environment ?? null;
  return { environment, environmentFrom: container === null ? "" : `container ${container.name}`, answers };
}

/** Where the caller names the port, every one that a server has. */
function toPorts({ servers }: Search, { port }: RelayTarget): readonly number[] {
  if (port !== null) return [port];
  const ports = servers.flatMap(({ listeners, publications }) => [
    ...listeners.map(({ listener }) => listener.port),
    ...publications.map(({ published }) => published.hostPort),
  ]);
  return [...new Set(ports)];
}

/** A relay that starts its servers by itself stands for them. */
function isWorkerOf({ process }: FoundServer, relay: FoundServer): boolean {
  return process !== null && process.parentPid !== null && process.parentPid === relay.process?.pid;
}

function toStep(relay: FoundServer, { server, behind, certainty, to }: End, target: RelayTarget | null): Step {
  const further = behind.map((place, index) => toHop([place], to[index + 1] ?? ""));
  const own = { kind: "proxy", name: relay.kind, serverNames: [], paths: [], to: toPlace(server, to[0]) } as const;
  return { server, leg: { relay, behind, certainty, evidence: target?.evidence ?? null, hops: [own, ...further] } };
}

/** Where nothing tells whom the relay calls, the place of the server that it may be. */
function toPlace({ listeners }: FoundServer, to: string | undefined): string {
  if (to !== undefined && to !== "?") return to;
  const [first] = listeners;
  return first === undefined ? "?" : toAuthority(first.listener.address, first.listener.port);
}
