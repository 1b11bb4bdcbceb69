import type { Container, ContainerNetwork } from "../facts/containers.ts";
import type { Network } from "../facts/interfaces.ts";
import type { Arrival } from "../firewall/partition.ts";
import { isGlobal, isLoopback, toCanonical, toFamily, type Family } from "./addresses.ts";
import type { AskedListener } from "./asked-listeners.ts";
import { toAuthenticationBarrier, toAuthority } from "./authentication.ts";
import { toBarrier } from "./barriers.ts";
import type { Publication } from "./container-index.ts";
import { isSocketTarget, toAnsweredAddress, toLocalRoutes, type Surroundings } from "./direct-routes.ts";
import { takes, toBind, toLocalAddress, toPublishedBind, type Bind } from "./listening.ts";
import { toOutsideRoutes, toRoute } from "./outside-routes.ts";
import {
  judgeDoor,
  toDeciderEvidence,
  toLocalFilterBarrier,
  type PacketFilter,
  type Passage,
} from "./packet-filter.ts";
import type { Barrier, Hop, Route } from "./route.ts";
import type { FoundServer } from "./servers.ts";
import type { Outsider, Wiring } from "./vantages.ts";

/** A server in a container, with what stands around it on the host and inside. */
export interface ContainerScene {
  readonly server: FoundServer;
  readonly container: Container;
  /** The host's own wiring and packet filter. */
  readonly host: Surroundings;
  /** The host's own network, for what it forwards; null where it was not read. */
  readonly network: Network | null;
  /** Wiring of the container's namespace. */
  readonly inside: Wiring;
}

/** Routes to a server in a container: by its published ports, and by its own address. */
export function toContainerRoutes(scene: ContainerScene): Route[] {
  return [
    ...scene.server.publications.flatMap((publication) => toPublishedRoutes(scene, publication)),
    ...scene.container.networks.flatMap((network) => toAddressRoutes(scene, network)),
  ];
}

function toPublishedRoutes(scene: ContainerScene, publication: Publication): Route[] {
  const { server, container, host } = scene;
  const { published, helper } = publication;
  const targets = server.listeners.filter((each) => each.listener.port === published.containerPort);
  const bind = toEntryBind(publication);
  const { recognition, answers } = helper ?? NOTHING_HEARD;
  const authentication = toBestAuthentication(helper, targets);
  const hop: Hop = {
    kind: "published-port",
    container: container.name,
    publishedOn: toAuthority(published.hostAddress, published.hostPort),
    to: toAuthority(toContainerAddress(container) ?? container.name, published.containerPort),
  };
  const target = toTargetBarrier(targets);
  const behind = target === null ? [] : [target];
  const outside = toOutsideRoutes(
    {
      bind,
      hops: [hop],
      filter: host.filter,
      barriersFor: () => behind,
      authentication,
      isTarget: (arrival) =>
        isContainerTarget(container, published.containerPort, arrival) ?? isSocketTarget(bind, arrival),
      ownPorts: server.publications.map((each) => each.published.hostPort),
    },
    host.wiring,
  );
  const answered = helper === null ? null : toAnsweredAddress(helper);
  const local = {
    entry: { address: answered ?? toLocalAddress(bind, host.wiring), port: bind.port },
    hops: [hop],
    barriers: [
      ...(answered === null ? [toLocalFilterBarrier(host.filter), ...behind] : []),
      toBarrier("bind", false, "listens-here", bind.evidence),
    ],
    authentication,
    answers,
    recognition,
  };
  return [...outside, ...toLocalRoutes(server, local, targets[0]?.listener ?? null)];
}

const NOTHING_HEARD = { recognition: null, answers: [] } as const;

/** What the engine publishes, and what its own listener takes beyond that (both families on one socket). */
function toEntryBind({ container, published, helper }: Publication): Bind {
  const { hostAddress, hostPort, containerPort } = published;
  const text = `${toAuthority(hostAddress, hostPort)} -> ${containerPort}`;
  const bind = toPublishedBind(published, { from: `${container.engine} inspect ${container.name}`, text });
  if (helper === null) return bind;
  const taken = toBind(helper.listener, helper.dualStack);
  const more = taken.families.filter((each) => !bind.families.some((one) => one.family === each.family));
  return { ...bind, families: [...bind.families, ...more], evidence: taken.evidence };
}

/** The socket in the container: an engine hands on to the container's address, where loopback does not listen. */
function toTargetBarrier(targets: readonly AskedListener[]): Barrier | null {
  const [first] = targets;
  if (first === undefined || targets.some((each) => !isLoopback(each.listener.address))) return null;
  return toBarrier("bind", true, "loopback-only", first.listener.evidence);
}

function toAddressRoutes(scene: ContainerScene, network: ContainerNetwork): Route[] {
  return [network.address, network.ipv6Address].flatMap((address) => {
    const family = address === null ? null : toFamily(address);
    if (address === null || family === null) return [];
    return toTargets(scene.server).flatMap((target) => toTargetRoutes(scene, network, { address, family, ...target }));
  });
}

interface Target {
  readonly address: string;
  readonly family: Family;
  readonly port: number;
  /** The socket there; null where the container's sockets were not seen. */
  readonly asked: AskedListener | null;
}

function toTargets(server: FoundServer): Pick<Target, "port" | "asked">[] {
  if (server.listeners.length > 0) {
    return server.listeners.map((asked) => ({ port: asked.listener.port, asked }));
  }
  const ports = new Set(server.publications.map((each) => each.published.containerPort));
  return [...ports].map((port) => ({ port, asked: null }));
}

function toTargetRoutes(scene: ContainerScene, network: ContainerNetwork, target: Target): Route[] {
  const { server, container, host } = scene;
  const { address, port, asked, family } = target;
  const bound = toAddressBarrier(target);
  const helper = server.publications.find((each) => each.published.containerPort === port)?.helper ?? null;
  const authentication = toBestAuthentication(asked, helper === null ? [] : [helper]);
  const to = toAuthority(address, port);
  const hop: Hop = { kind: "container-address", container: container.name, network: network.name, to };
  const entry = { address, port };
  const route = (outsider: Pick<Outsider, "from">, before: readonly (Barrier | null)[]): Route => {
    const barriers = [...before.filter((each) => each !== null), bound, authentication];
    return toRoute(outsider, entry, { hops: [hop] }, barriers);
  };
  const judge = (outsider: Outsider): readonly Passage[] => judgeDoor(host.filter, outsider, host.wiring, entry);

  const others = {
    from: { vantage: "container", interface: network.bridge, sources: network.subnets, except: [] },
  } as const;
  const wired = host.wiring.interfaces === null || host.wiring.interfaces.has(network.bridge ?? "");
  if (!wired) {
    // Not a bridge of this host: a link of the container's own (macvlan, ipvlan), or an engine without root.
    const unread = toBarrier("firewall", null, "firewall-unread");
    const outsiders = scene.inside.outsiders.filter((each) => each.family === family && isOwnLink(each, network));
    return [others, ...outsiders].map((outsider) => route(outsider, [unread]));
  }
  const outsiders = host.wiring.outsiders.filter((each) => each.family === family);
  const direct = outsiders.filter((each) => isMember(each, network));
  const forwarded = outsiders.filter((each) => !isMember(each, network));
  const heard = asked === null || !hasAnsweredAt(asked, address) ? null : asked;
  const local = {
    entry,
    hops: [hop],
    barriers: heard === null ? [toLocalFilterBarrier(host.filter), bound] : [bound],
    authentication,
    answers: heard?.answers ?? [],
    recognition: heard?.recognition ?? null,
  };
  return [
    ...(direct.length === 0 && network.bridge !== null ? [route(others, [toLocalFilterBarrier(host.filter)])] : []),
    ...direct.map((each) => route(each, [toBridgeBarrier(judge(each), host.filter)])),
    ...forwarded.flatMap((each) =>
      judge(each).map((passage) =>
        route({ from: passage.from }, [
          each.routing,
          toUpstream(each, address),
          toForwarding(scene, network, family),
          toForwardBarrier(passage, entry),
        ]),
      ),
    ),
    ...toLocalRoutes(server, local, asked?.listener ?? null),
  ];
}

/** Whether a packet sent on comes to a container; null where it stays on this host, or the place is not known. */
function isContainerTarget(container: Container, containerPort: number, arrival: Arrival): boolean | null {
  if (arrival.hook !== "forward" || arrival.address === null || arrival.port === null) return null;
  const place = toCanonical(arrival.address);
  const own = container.networks.flatMap(({ address, ipv6Address }) => [address, ipv6Address]);
  return arrival.port === containerPort && own.some((each) => each !== null && toCanonical(each) === place);
}

/**
 * Between containers of one network packets cross a bridge, and pass the rules only where br_netfilter says so, which
 * was not read: the rules tell something only where they let everybody in.
 */
function toBridgeBarrier(passages: readonly Passage[], filter: PacketFilter): Barrier | null {
  const barriers = passages.map(({ barrier }) => barrier);
  const first = barriers[0] ?? null;
  if (filter.kind === "settled" || barriers.every((each) => each?.stops === false)) return first;
  return toBarrier("firewall", null, "bridge-unread", first?.evidence ?? null);
}

/** What the rules make of a packet for the container's own address. */
function toForwardBarrier({ arrival, barrier }: Passage, entry: Route["entry"]): Barrier | null {
  if (arrival === null) return barrier;
  const isThere = arrival.address !== null && toCanonical(arrival.address) === toCanonical(entry.address);
  if (isThere && arrival.port === entry.port) return barrier;
  return toBarrier(
    "firewall",
    true,
    "rules-send-elsewhere",
    arrival.rewrittenBy && toDeciderEvidence(arrival.rewrittenBy),
  );
}

function isMember(outsider: Outsider, network: ContainerNetwork): boolean {
  return network.bridge !== null && outsider.from.interface === network.bridge;
}

function isOwnLink(outsider: Outsider, network: ContainerNetwork): boolean {
  if (outsider.interface === null) return network.bridge === null;
  return outsider.interface.kind === "macvlan" || outsider.interface.kind === "ipvlan";
}

/** A container's own address is private: from beyond the links packets for it come only where a router sends them here. */
function toUpstream({ from }: Outsider, address: string): Barrier | null {
  if (from.vantage !== "internet" || isGlobal(address)) return null;
  return toBarrier("routing", null, "private-address");
}

/** Whether the host passes packets on to the container, and the container's answers back. */
function toForwarding({ network: host }: ContainerScene, network: ContainerNetwork, family: Family): Barrier {
  const from = `/proc/sys/net/${family === 4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding"}`;
  const forwards = (family === 4 ? host?.forwardsIpv4 : host?.forwardsIpv6) ?? null;
  if (forwards === null) return toBarrier("routing", null, "sysctl-unread", { from, text: "not read" });
  if (!forwards) return toBarrier("routing", true, "not-forwarded", { from, text: "0" });
  if (!network.internal) return toBarrier("routing", false, "forwarded", { from, text: "1" });
  return toBarrier("routing", true, "no-way-back", { from: `network ${network.name}`, text: "internal" });
}

function toAddressBarrier({ address, asked }: Target): Barrier {
  if (asked === null) return toBarrier("bind", false, "listens-here");
  const bind = toBind(asked.listener, asked.dualStack);
  const { evidence } = bind;
  if (isLoopback(bind.address)) return toBarrier("bind", true, "loopback-only", evidence);
  if (!takes(bind, address)) return toBarrier("bind", true, "listens-elsewhere", evidence);
  const certain = bind.families.some((each) => each.family === toFamily(address) && each.certain);
  if (!certain) return toBarrier("bind", null, "dual-stack-unmeasured", evidence);
  return toBarrier("bind", false, "listens-here", evidence);
}

/** How the way was met, or else what the same socket answered by another way. */
function toBestAuthentication(heard: AskedListener | null, others: readonly AskedListener[]): Barrier {
  const all = heard === null ? others : [heard, ...others];
  const barriers = all.map((each) => toAuthenticationBarrier(each.recognition, each.answers));
  return barriers.find((each) => each.stops !== null) ?? barriers[0] ?? toAuthenticationBarrier(null, []);
}

function hasAnsweredAt({ answers }: AskedListener, address: string): boolean {
  return answers.some(
    (answer) => answer.outcome.kind === "answered" && toCanonical(answer.address) === toCanonical(address),
  );
}

function toContainerAddress(container: Container): string | null {
  return container.networks.find((network) => network.address !== null)?.address ?? null;
}
