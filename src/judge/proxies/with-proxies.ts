import type { FoundServer } from "../servers.ts";
import { findProxyWays, findTunnelWays, isOf, listServedDoors, toDoorKey, type ProxyScene } from "./find-proxy-ways.ts";

/**
 * The model servers of a host with the ways by which its proxies and tunnels hand on to them. A proxy answers as the server behind
 * it does: where its configuration says who that is, the proxy is no server of its own but a way to that one. What
 * answers as a model server behind a proxy and is none of this host's stays a server that is told by itself.
 */
export function withProxies(scene: Omit<ProxyScene, "servers">, found: readonly FoundServer[]): FoundServer[] {
  const { facts } = scene;
  const proxies = facts.proxies?.ok === true ? facts.proxies.value.filter(({ pid }) => pid !== null) : [];
  const tunnels = facts.tunnels?.ok === true ? facts.tunnels.value : [];
  if (proxies.length === 0 && tunnels.length === 0) return [...found];
  const isProxys = ({ process }: FoundServer): boolean =>
    process !== null && proxies.some(({ pid }) => isOf(scene.tree, process.pid, pid));
  let targets = found.filter((server) => !isProxys(server));
  let ways = findProxyWays({ ...scene, servers: targets });
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const real = targets.filter((server) => toOwnListeners(server, ways).length > 0 || server.listeners.length === 0);
    if (real.length === targets.length) break;
    targets = real;
    ways = findProxyWays({ ...scene, servers: targets });
  }
  const throughTunnels = findTunnelWays({ ...scene, servers: targets });
  return found.flatMap((server): FoundServer[] => {
    const all = ways.get(server) ?? [];
    const proxied = all.slice(0, MOST_WAYS);
    const unjudged = server.unjudged + all.length - proxied.length;
    const tunnelled = throughTunnels.get(server) ?? [];
    const listeners = isProxys(server) || targets.includes(server) ? toOwnListeners(server, ways) : [];
    const isGone = server.listeners.length > 0 && listeners.length === 0;
    return isGone ? [] : [{ ...server, listeners, unjudged, proxied, tunnelled }];
  });

  /**
   * Those that no proxy's configuration explains. Without root nobody sees who holds a socket: what such a
   * configuration names is the proxy's.
   */
  function toOwnListeners(server: FoundServer, known: typeof ways): FoundServer["listeners"] {
    if (!isProxys(server) && server.process !== null) return server.listeners;
    const others = [...known].flatMap(([each, list]) => (each === server ? [] : [list]));
    const served = listServedDoors(others);
    // Each socket of a proxy is a site by itself: that one answers as a model server says nothing of the others.
    return server.listeners.filter((each) => each.recognition !== null && !served.has(toDoorKey(each)));
  }
}

/** Ways to one server that are judged; each is half a dozen routes. */
const MOST_WAYS = 256;
/** Proxies behind each other whose processes nobody sees are told one by one. */
const MOST_ROUNDS = 4;
