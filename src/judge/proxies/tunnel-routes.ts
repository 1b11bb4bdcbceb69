import type { Facts } from "../../facts/facts.ts";
import type { Tunnel } from "../../facts/tunnels/tunnel.ts";
import { acceptsHostName } from "../../servers/ollama/browser-checks.ts";
import { toBarrier } from "../barriers.ts";
import { toRoute } from "../outside-routes.ts";
import type { Barrier, Route } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import { toLineEvidence } from "./demand.ts";
import { toServerChecks } from "./host-check.ts";
import { toServersOwn, toStance } from "./stance.ts";
import type { TunnelWay } from "./tunnel-way.ts";

const HTTPS_PORT = 443;

/**
 * The route of whoever comes by a tunnel. It begins at a machine of somebody else's, so that nothing that stands before
 * this host stops it: only what the tunnel demands, the proxies behind it, and the server itself.
 */
export function toTunnelRoutes(facts: Facts, server: FoundServer, way: TunnelWay): readonly Route[] {
  const { tunnel } = way;
  const vantage = tunnel.audience === "members" ? "neighbour" : "internet";
  const route = toRoute(
    { from: { vantage, interface: null, sources: [], except: [] } },
    toEntry(server, tunnel),
    { hops: way.hops },
    toBarriers(facts, server, way),
  );
  // No router stands before a connection that was begun from inside.
  return [{ ...route, upstreamUnseen: false }];
}

/** The public name, or where the tunnel hands on to on this host where it has none that is known. */
function toEntry(server: FoundServer, { publicName, to }: Tunnel): Route["entry"] {
  if (publicName !== null) {
    const [, name = publicName, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(publicName) ?? [];
    return { address: name, port: port === undefined ? HTTPS_PORT : Number(port) };
  }
  const [own] = server.listeners;
  if (to !== null) return { address: to.host, port: to.port };
  return { address: own?.listener.address ?? "", port: own?.listener.port ?? 0 };
}

function toBarriers(facts: Facts, server: FoundServer, way: TunnelWay): readonly Barrier[] {
  const { tunnel, certainty, behind } = way;
  const evidence = toLineEvidence(tunnel.source);
  const unsure = certainty === "resolved" ? [] : [toBarrier("routing", null, "tunnel-target-unknown", evidence)];
  const unasked =
    tunnel.audience === "unknown" ? [toBarrier("routing", null, "tunnel-audience-unknown", evidence)] : [];
  const [place, ...others] = behind;
  if (place !== undefined) {
    const stance = toStance(facts, server, { door: null, place, behind: others, certainty });
    if (stance === null) return [toBarrier("proxy", true, "proxy-stops-sources", evidence)];
    const guard = tunnel.demandsCredential === true ? toDemanded(evidence) : stance.authentication;
    const parts = [
      ...(stance.doubt === null ? [] : [stance.doubt]),
      ...(stance.hostCheck === null ? [] : [stance.hostCheck]),
    ];
    return [...unsure, ...unasked, ...parts, guard];
  }
  const check = certainty === "resolved" ? toHostCheck(server, tunnel, evidence) : null;
  return [...unsure, ...unasked, ...(check === null ? [] : [check]), toAuthentication(server, tunnel, evidence)];
}

function toDemanded(evidence: Barrier["evidence"]): Barrier {
  return toBarrier("authentication", true, "demands-credential", evidence);
}

function toAuthentication(server: FoundServer, tunnel: Tunnel, evidence: Barrier["evidence"]): Barrier {
  if (tunnel.demandsCredential === true) return toDemanded(evidence);
  const own = toServersOwn(server, []);
  return own.stops === false ? toBarrier("authentication", false, "tunnel-demands-nothing", evidence) : own;
}

/** Ollama's check of the Host: who comes by a name of the tunnel's cannot choose it, who comes by a bare port can. */
function toHostCheck(
  server: FoundServer,
  { host, to, kind, publicName }: Tunnel,
  evidence: Barrier["evidence"],
): Barrier | null {
  if (server.kind !== "ollama") return null;
  const { host: check } = toServerChecks(server);
  if (check.stops === false) return null;
  if (host === null) return toBarrier("host-check", null, "check-unmeasured", evidence);
  if (host.kind === "client") {
    if (isBare(kind, publicName)) return toBarrier("host-check", false, "caller-chooses-host", evidence);
    return toBarrier("host-check", check.stops, "tunnel-passes-its-name", evidence);
  }
  const name = host.kind === "literal" ? host.text : (to?.host ?? "");
  if (acceptsHostName(name, [])) return toBarrier("host-check", false, "tunnel-sets-host", evidence);
  return toBarrier("host-check", check.stops, "check-refuses", evidence);
}

/** Tunnels that hand on bytes, whatever is written in them. */
function isBare(kind: Tunnel["kind"], publicName: string | null): boolean {
  if (kind === "ssh-remote-forward") return true;
  if (kind === "tailscale-serve" || kind === "tailscale-funnel") return publicName === null;
  return /:\d+$/.test(publicName ?? "");
}
