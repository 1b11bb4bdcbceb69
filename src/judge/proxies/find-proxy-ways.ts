import type { Facts } from "../../facts/facts.ts";
import type { Passing, ProxyListener, Upstream } from "../../facts/proxies/proxy.ts";
import { isLoopback, isWildcard, toCanonical, toFamily } from "../addresses.ts";
import type { AskedListener } from "../asked-listeners.ts";
import { FIRST_QUESTIONS } from "../../servers/questions.ts";
import type { ProcessTree } from "../process-tree.ts";
import type { Hop } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import { listPlaces, MOST_PLACES, type ProxyDoor, type ProxyPlace, type ProxyWay } from "./proxy-way.ts";
import { resolveUpstream, type UpstreamScene } from "./resolve-upstream.ts";
import { isOfUse, listMethods, mayTake, toPathText } from "./served-paths.ts";
import { toStance, type BareWay, type Stance } from "./stance.ts";
import type { TunnelWay } from "./tunnel-way.ts";

/** What proxies are looked for among. */
export interface ProxyScene {
  readonly facts: Facts;
  readonly own: string;
  /** Model servers that hold their sockets themselves. */
  readonly servers: readonly FoundServer[];
  readonly heard: readonly AskedListener[];
  readonly tree: ProcessTree;
}

/** Places looked at on the way from proxy to proxy. */
const MOST_STEPS = 5_000;
/** Proxies that hand on to each other; more of them in a row are a loop, or as good as one. */
const MOST_PROXIES = 4;
/** Ways of one location; a configuration that branches more often is told by its first ones. */
const MOST_WAYS = 64;
/** A message that names more paths tells no more. */
const MOST_PATHS = 64;

/** Every way by which a proxy of the host hands on to each of the model servers. */
export function findProxyWays(scene: ProxyScene): ReadonlyMap<FoundServer, readonly ProxyWay[]> {
  const upstreams = startSearch(scene);
  const bare = upstreams.places.flatMap((place) => {
    const doors = findDoors(scene, place, upstreams.namespaceOf(place));
    if (doors.length === 0) return [];
    const ends = findEnds(upstreams, place, []);
    return doors.flatMap((door) => ends.map((end) => ({ ...end, door, place })));
  });
  const ways = new Map<FoundServer, ProxyWay[]>();
  for (const [server, ofServer] of Map.groupBy(bare, (each) => each.server)) {
    ways.set(server, toWays(scene, server, ofServer));
  }
  return ways;
}

/** Every way by which a tunnel of the host hands on to each of the model servers. */
export function findTunnelWays(scene: ProxyScene): ReadonlyMap<FoundServer, readonly TunnelWay[]> {
  const upstreams = startSearch(scene);
  const tunnels = scene.facts.tunnels?.ok === true ? scene.facts.tunnels.value : [];
  const ends = tunnels.flatMap((tunnel) => {
    // A network's members are neighbours, by an interface of the host's.
    if (tunnel.kind === "zerotier") return [];
    const { to, kind, host } = tunnel;
    const upstream = to === null ? ({ kind: "unclear", text: "?" } as const) : ({ kind: "tcp", ...to } as const);
    return followUpstream(upstreams, scene.own, upstream, host).map((end) => ({
      ...end,
      tunnel,
      hop: { kind: "tunnel", name: kind, publicName: tunnel.publicName, to: end.to[0] ?? "" } as const,
    }));
  });
  const ways = new Map<FoundServer, TunnelWay[]>();
  for (const [server, ofServer] of Map.groupBy(ends, (each) => each.server)) {
    ways.set(
      server,
      ofServer.map(({ tunnel, behind, certainty, hop, to }) => {
        const further = behind.map((place, index) => toHop([place], to[index + 1] ?? ""));
        return { tunnel, behind, certainty, hops: [hop, ...further] };
      }),
    );
  }
  return ways;
}

/** Where an upstream that is no proxy's leads to, asked from one namespace, through every proxy behind it. */
export function followUpstream(
  search: Search,
  namespace: string,
  upstream: Upstream,
  host: Passing["host"],
): readonly End[] {
  return resolveUpstream(search, namespace, upstream, host).flatMap((target): readonly End[] => {
    if (target.kind === "server") return [{ ...target, behind: [], to: [target.to] }];
    return target.places.flatMap((place) =>
      findEnds(search, place, []).map((end) => ({
        ...end,
        behind: [place, ...end.behind],
        to: [target.to, ...end.to],
      })),
    );
  });
}

/** What is searched, and how long that has taken. */
export interface Search extends UpstreamScene {
  steps: number;
}

/** What a search among the proxies of a host begins with. */
export function startSearch(scene: ProxyScene): Search {
  const { facts } = scene;
  const proxies = facts.proxies?.ok === true ? facts.proxies.value : [];
  const places = listPlaces(proxies).slice(0, MOST_PLACES);
  const namespaceOf = ({ proxy }: ProxyPlace): string =>
    (proxy.pid === null ? null : scene.tree.byPid.get(proxy.pid)?.namespace) ?? scene.own;
  return { facts, own: scene.own, servers: scene.servers, places, namespaceOf, steps: 0 };
}

/** Where a way ends. */
export interface End {
  readonly server: FoundServer;
  readonly behind: readonly ProxyPlace[];
  readonly certainty: ProxyWay["certainty"];
  /** Where each of the proxies hands on to. */
  readonly to: readonly string[];
}

/**
 * Where a place leads to, through every proxy behind it. Whoever hands on to each other in circles may lead anywhere
 * once that has taken too long to follow.
 */
function findEnds(scene: Search, place: ProxyPlace, before: readonly ProxyPlace[]): readonly End[] {
  if (before.length >= MOST_PROXIES || before.includes(place)) return [];
  scene.steps += 1;
  if (scene.steps > MOST_STEPS) {
    return scene.servers.map((server) => ({ server, behind: [], certainty: "unclear-upstream", to: ["?"] }));
  }
  const { location } = place;
  const targets = location.upstreams.flatMap((upstream) =>
    resolveUpstream(scene, scene.namespaceOf(place), upstream, location.passing.host),
  );
  const ends: End[] = [];
  for (const target of targets) {
    if (ends.length >= MOST_WAYS) break;
    if (target.kind === "server") {
      const { server, certainty, to } = target;
      if (isOfUse(place.site, location, server.kind)) ends.push({ server, behind: [], certainty, to: [to] });
      continue;
    }
    for (const next of target.places) {
      if (ends.length >= MOST_WAYS) break;
      for (const end of findEnds(scene, next, [...before, place])) {
        ends.push({ ...end, behind: [next, ...end.behind], to: [target.to, ...end.to] });
      }
    }
  }
  return ends;
}

/** The sockets on which a place is served. A site on one address is served there, also by a socket on every address. */
function findDoors(scene: ProxyScene, { proxy, site }: ProxyPlace, namespace: string): readonly ProxyDoor[] {
  const listeners = site.listeners.filter((each) => each.kind === "tcp");
  return listeners.flatMap((listener) =>
    scene.heard
      .filter(
        (asked) =>
          asked.namespace === namespace &&
          isSocketOf(asked, listener) &&
          (asked.listener.pids.length === 0 || asked.listener.pids.some((pid) => isOf(scene.tree, pid, proxy.pid))),
      )
      .map((asked) => ({ asked: toNarrowed(asked, listener), listener })),
  );
}

type TcpListener = Extract<ProxyListener, { kind: "tcp" }>;

/** A socket on every IPv6 address takes IPv4 too, unless it says that it does not. */
function isSocketOf({ listener: { address, port }, dualStack }: AskedListener, wanted: TcpListener): boolean {
  if (port !== wanted.port) return false;
  const takesBoth = address === "::" && dualStack !== false;
  if (isWildcard(address) && !takesBoth && toFamily(address) !== toFamily(wanted.address)) return false;
  return isWildcard(wanted.address) ? isWildcard(address) : isWildcard(address) || isSame(address, wanted.address);
}

function toNarrowed(asked: AskedListener, { address }: TcpListener): AskedListener {
  if (isWildcard(address) || isSame(asked.listener.address, address)) return asked;
  return { ...asked, listener: { ...asked.listener, address } };
}

function isSame(one: string, other: string): boolean {
  return toCanonical(one) === toCanonical(other) || (isLoopback(one) && one === other);
}

/** Whether a process is a proxy's main one, or one of its workers. */
export function isOf({ byPid }: ProcessTree, pid: number, main: number | null): boolean {
  return main !== null && (pid === main || byPid.get(pid)?.parentPid === main);
}

/** Ways that meet a caller alike are one. */
function toWays(
  scene: ProxyScene,
  server: FoundServer,
  bare: readonly (BareWay & End & { readonly door: ProxyDoor })[],
): ProxyWay[] {
  const judged = bare.flatMap((each) => {
    const stance = toStance(scene.facts, server, each);
    if (stance === null || isSomebodyElse(server, each, stance.probe?.recognition?.kind)) return [];
    return [{ ...each, stance }];
  });
  const alike = Map.groupBy(judged, (each) => {
    const { authentication, doubt, hostCheck, admitted, free } = each.stance;
    const { at } = each.place;
    const barriers = [authentication, doubt, hostCheck].map((one) => `${one?.stops} ${one?.why}`);
    const { address, port } = each.door.asked.listener;
    return JSON.stringify([at.proxy, at.site, address, port, each.to, barriers, admitted, free]);
  });
  return [...alike.values()].flatMap((same) => {
    // What really answered is told before what only stands in the configuration.
    const [first, ...others] = same.toSorted((one, other) => toProven(other) - toProven(one));
    if (first === undefined) return [];
    const { door, behind, certainty, stance } = first;
    const places = [first.place, ...others.map(({ place }) => place)] as const;
    return [{ door, places, behind, certainty, stance, hops: toHops(places, behind, first.to) }];
  });
}

function toProven({ stance }: { readonly stance: Stance }): number {
  return Number(stance.probe !== null && stance.probe.outcome !== null);
}

/** What stands behind a variable has answered as another kind of server than this one. */
function isSomebodyElse({ kind }: FoundServer, { certainty }: End, answered: FoundServer["kind"] | undefined): boolean {
  return certainty !== "resolved" && answered !== undefined && answered !== kind;
}

function toHops(
  places: readonly [ProxyPlace, ...ProxyPlace[]],
  behind: readonly ProxyPlace[],
  to: readonly string[],
): ProxyWay["hops"] {
  const [first, ...rest] = behind.map((place, index) => toHop([place], to[index + 1] ?? ""));
  const head = toHop(places, to[0] ?? "");
  return first === undefined ? [head] : [head, first, ...rest];
}

/** A proxy as one leg of a way. */
export function toHop(places: readonly [ProxyPlace, ...ProxyPlace[]], to: string): Extract<Hop, { kind: "proxy" }> {
  const [{ proxy, site }] = places;
  const paths = [...new Set(places.map(({ location }) => toPathText(location.paths)))];
  return {
    kind: "proxy",
    name: proxy.kind,
    serverNames: site.names,
    paths: paths.includes("") || paths.includes("/") ? [] : paths.slice(0, MOST_PATHS),
    ...toMethods(places),
    to,
  };
}

function toMethods(places: readonly ProxyPlace[]): { readonly methods?: readonly string[] } {
  const each = places.map(({ site, location }) => listMethods(site, location));
  return each.includes(null) ? {} : { methods: [...new Set(each.flatMap((methods) => methods ?? []))] };
}

/**
 * Sockets of proxies at which a request for no particular name comes to one of these servers: what answers there as a
 * model server is one of them.
 */
export function listServedDoors(ways: Iterable<readonly ProxyWay[]>): ReadonlySet<string> {
  const doors = new Set<string>();
  for (const list of ways) {
    for (const { door, places } of list) {
      const { site } = places[0];
      const isAnyNames = site.isDefault || site.names.length === 0;
      if (isAnyNames && places.some(({ location }) => ASKED.some((path) => mayTake(location.paths, path)))) {
        doors.add(toDoorKey(door.asked));
      }
    }
  }
  return doors;
}

/** The same for sockets that serve the same port of a namespace. */
export function toDoorKey({ namespace, listener }: Pick<AskedListener, "namespace" | "listener">): string {
  return `${namespace} ${listener.port}`;
}

/** What every listener is asked. */
const ASKED: readonly string[] = FIRST_QUESTIONS.map(({ path }) => path);
