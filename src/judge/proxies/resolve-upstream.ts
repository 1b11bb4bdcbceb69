import type { Container } from "../../facts/containers.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Passing, Upstream } from "../../facts/proxies/proxy.ts";
import { isLoopback, isWildcard, toCanonical, toFamily } from "../addresses.ts";
import type { AskedListener } from "../asked-listeners.ts";
import { toAuthority } from "../authentication.ts";
import { takes, toBind } from "../listening.ts";
import type { FoundServer } from "../servers.ts";
import type { Certainty, ProxyPlace } from "./proxy-way.ts";

/** What an upstream may be. */
export interface UpstreamScene {
  readonly facts: Facts;
  /** The reader's own network namespace. */
  readonly own: string;
  readonly servers: readonly FoundServer[];
  /** Every location of every proxy that runs. */
  readonly places: readonly ProxyPlace[];
  /** Network namespace of a proxy. */
  readonly namespaceOf: (place: ProxyPlace) => string;
}

/** Whom a proxy hands on to, as far as it is on this host. `to` is said as an administrator would. */
export type Target =
  | { readonly kind: "server"; readonly server: FoundServer; readonly certainty: Certainty; readonly to: string }
  | { readonly kind: "places"; readonly places: readonly ProxyPlace[]; readonly to: string };

/** Names that every host, or every container, has of its own host. */
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "localhost.localdomain", "localhost4", "localhost6"]);
const NAMES_OF_HOST: ReadonlySet<string> = new Set([
  "host.docker.internal",
  "host.containers.internal",
  "gateway.docker.internal",
]);

/**
 * Whom on this host an upstream means, asked from one namespace: model servers at that address, and sites of proxies
 * that listen there. Where a name cannot be resolved, or a variable stands for it, every server is named that it may
 * be. Empty: somebody elsewhere, or nobody who was found.
 *
 * @param host Host header that the upstream sees; null where that is not known
 */
export function resolveUpstream(
  scene: UpstreamScene,
  namespace: string,
  upstream: Upstream,
  host: Passing["host"],
): readonly Target[] {
  if (upstream.kind === "unclear") {
    const { text: to } = upstream;
    return scene.servers.map((server) => ({ kind: "server", server, certainty: "unclear-upstream", to }));
  }
  if (upstream.kind === "unix") {
    return toPlaces(scene, host, `unix:${upstream.path}`, (place) =>
      place.site.listeners.some((each) => each.kind === "unix" && each.path === upstream.path),
    );
  }
  const { port } = upstream;
  const to = toAuthority(upstream.host.replaceAll(/[[\]]/g, ""), port);
  const addresses = toAddresses(scene, upstream.host);
  if (addresses === null) {
    const same = scene.servers.filter((server) => listPorts(server).includes(port));
    return same.map((server) => ({ kind: "server", server, certainty: "unresolved-name", to }));
  }
  const takers = scene.servers.filter((server) =>
    addresses.some((address) => isAt(scene, server, { namespace, address, port })),
  );
  if (takers.length > 0) return takers.map((server) => ({ kind: "server", server, certainty: "resolved", to }));
  return toPlaces(scene, host, to, (place) =>
    addresses.some((address) => isDoorAt(scene, place, { namespace, address, port })),
  );
}

/** Where an upstream is looked for. */
interface Spot {
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
}

/** Addresses that a name stands for; null where it cannot be told. */
function toAddresses({ facts }: UpstreamScene, written: string): readonly string[] | null {
  const name = written.replaceAll(/[[\]]/g, "").toLowerCase();
  if (toFamily(name) !== null) return isWildcard(name) ? ["127.0.0.1", "::1"] : [name];
  if (LOOPBACK_NAMES.has(name)) return ["127.0.0.1", "::1"];
  const hostname = facts.identity.ok ? facts.identity.value.hostname.toLowerCase() : "";
  const ofHost = NAMES_OF_HOST.has(name);
  if (ofHost || name === hostname || (hostname !== "" && name === hostname.split(".", 1)[0])) {
    return [...listOwnAddresses(facts), ...(ofHost ? [] : ["127.0.1.1", "127.0.0.1"])];
  }
  const containers = facts.containers.ok ? facts.containers.value.containers : [];
  const named = containers.filter((each) => each.name.toLowerCase() === name || each.compose?.service === name);
  return named.length === 0 ? null : named.flatMap(listAddresses);
}

function listOwnAddresses({ networks }: Facts): readonly string[] {
  const own = networks.find((each) => each.own);
  const links = own?.interfaces.ok === true ? own.interfaces.value : [];
  return links.flatMap((link) => link.addresses.map(({ address }) => address));
}

function listAddresses({ networks }: Pick<Container, "networks">): readonly string[] {
  return networks.flatMap(({ address, ipv6Address }) => [address, ipv6Address].filter((each) => each !== null));
}

function listPorts({ listeners, publications }: FoundServer): readonly number[] {
  return [
    ...listeners.map(({ listener }) => listener.port),
    ...publications.map(({ published }) => published.hostPort),
  ];
}

/** Whether a connection to that spot comes to the server. */
function isAt(scene: UpstreamScene, server: FoundServer, spot: Spot): boolean {
  return (
    server.listeners.some((asked) => isListeningAt(scene, asked, server.container, spot)) ||
    isPublishedAt(scene, server, spot)
  );
}

function isListeningAt(
  scene: UpstreamScene,
  { listener, namespace, dualStack }: AskedListener,
  container: Container | null,
  spot: Spot,
): boolean {
  if (listener.port !== spot.port || !takes(toBind(listener, dualStack), spot.address)) return false;
  if (isLoopback(spot.address)) return namespace === spot.namespace;
  if (isHosts(scene.facts, spot.address)) return namespace === scene.own;
  return container !== null && listAddresses(container).some((each) => isSame(each, spot.address));
}

/** By a port that an engine publishes on the host, or at the container's own address where its sockets are hidden. */
function isPublishedAt(scene: UpstreamScene, { publications }: FoundServer, spot: Spot): boolean {
  const fromHost = spot.namespace === scene.own && isLoopback(spot.address);
  const isOwn = fromHost || isHosts(scene.facts, spot.address);
  return publications.some(({ published, container }) => {
    if (published.containerPort === spot.port && listAddresses(container).some((each) => isSame(each, spot.address))) {
      return true;
    }
    const { hostAddress, hostPort } = published;
    return isOwn && hostPort === spot.port && (isWildcard(hostAddress) || isSame(hostAddress, spot.address));
  });
}

function isDoorAt(scene: UpstreamScene, place: ProxyPlace, spot: Spot): boolean {
  const namespace = scene.namespaceOf(place);
  if (isLoopback(spot.address) ? namespace !== spot.namespace : namespace !== scene.own) return false;
  return place.site.listeners.some(
    (each) =>
      each.kind === "tcp" &&
      each.port === spot.port &&
      (isWildcard(each.address) || isSame(each.address, spot.address)),
  );
}

/** Of the sites there the one that has the name the upstream is asked by, else the default ones, else all. */
function toPlaces(
  { places }: UpstreamScene,
  host: Passing["host"],
  to: string,
  isThere: (place: ProxyPlace) => boolean,
): readonly Target[] {
  const there = places.filter(isThere);
  const name = host?.kind === "literal" ? host.text : host?.kind === "upstream" ? to : null;
  const named = there.filter(({ site }) => name !== null && site.names.includes(name.replace(/:\d+$/, "")));
  const byDefault = there.filter(({ site }) => site.isDefault || site.names.length === 0);
  const chosen = named.length > 0 ? named : name !== null && byDefault.length > 0 ? byDefault : there;
  return chosen.length === 0 ? [] : [{ kind: "places", places: chosen, to }];
}

function isHosts(facts: Facts, address: string): boolean {
  return listOwnAddresses(facts).some((each) => isSame(each, address));
}

function isSame(one: string, other: string): boolean {
  return toCanonical(one) === toCanonical(other);
}
