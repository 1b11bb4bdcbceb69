import type { Facts } from "../../facts/facts.ts";
import { acceptsHostName } from "../../servers/ollama/browser-checks.ts";
import { toBarrier } from "../barriers.ts";
import { toBrowserChecks, type BrowserChecks } from "../browser-checks.ts";
import type { Barrier } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import { toPlaceEvidence } from "./demand.ts";
import { toLastPlace, type ProxyPlace, type ProxyWay } from "./proxy-way.ts";

/** What the server itself does with requests of web pages, whoever hands them on. */
export function toServerChecks(server: FoundServer): BrowserChecks {
  const { kind, version, process } = server;
  const heard = server.listeners.find(({ recognition }) => recognition !== null) ?? server.listeners[0];
  const socket = heard?.listener ?? null;
  return toBrowserChecks({ kind, version, socket, environment: process?.environment ?? null }, heard?.answers ?? []);
}

/**
 * What Ollama's own Host check makes of requests that a proxy hands on; null where it has none. The check is made for
 * browsers: whoever chooses the Host header that the server sees passes it.
 */
export function toUpstreamHostCheck(
  facts: Facts,
  server: FoundServer,
  way: Pick<ProxyWay, "places" | "behind">,
): Barrier | null {
  if (server.kind !== "ollama") return null;
  const { host: check } = toServerChecks(server);
  if (check.stops === false) return null;
  const last = toLastPlace(way);
  const { host } = last.location.passing;
  const evidence = toPlaceEvidence(last);
  if (host === null) return toBarrier("host-check", null, "check-unmeasured", evidence);
  if (host.kind === "client") return toCallersCheck(facts, [way.places[0], ...way.behind], last);
  const names = host.kind === "literal" ? [host.text] : last.location.upstreams.flatMap(toUpstreamName);
  if (names.length === 0) return toBarrier("host-check", null, "check-unmeasured", evidence);
  const accepted = names.every((name) => acceptsHostName(name, toOwnNames(facts)));
  if (accepted) return toBarrier("host-check", false, "proxy-sets-host", evidence);
  return toBarrier("host-check", check.stops, "check-refuses", evidence);
}

/**
 * Where the proxy passes on what the caller wrote. A site for every name takes one that the server accepts. A site
 * with names of its own is called by one of them; but nginx picks the site by the name in the request line where there
 * is one, and `$http_host` hands on the header (tried on 1.22), so that there nobody can tell.
 */
function toCallersCheck(facts: Facts, places: readonly ProxyPlace[], last: ProxyPlace): Barrier {
  const evidence = toPlaceEvidence(last);
  const own = toOwnNames(facts);
  const takesAny = places.every(
    ({ site }) => site.isDefault || site.names.length === 0 || site.names.some((name) => isAcceptedName(name, own)),
  );
  if (takesAny) return toBarrier("host-check", false, "caller-chooses-host", evidence);
  const isPattern = places.some(({ site }) => site.names.some((name) => name.startsWith("~")));
  const isNginx = places.some(({ proxy }) => proxy.kind === "nginx");
  return toBarrier("host-check", isPattern || isNginx ? null : true, "proxy-passes-its-name", evidence);
}

/** Those names of a site that the server's check refuses; what is a pattern is none. */
export function listRefusedNames(facts: Facts, names: readonly string[]): readonly string[] {
  const own = toOwnNames(facts);
  return names.filter((name) => !name.startsWith("~") && !isAcceptedName(name, own));
}

/** `*.local` takes names that the server accepts. */
function isAcceptedName(name: string, own: readonly string[]): boolean {
  return !name.startsWith("~") && acceptsHostName(name.replace(/^\*\./, "any."), own);
}

function toUpstreamName(upstream: ProxyPlace["location"]["upstreams"][number]): readonly string[] {
  if (upstream.kind === "tcp") return [upstream.host];
  return upstream.kind === "unix" ? ["localhost"] : [];
}

function toOwnNames(facts: Facts): readonly string[] {
  const own = facts.networks.find((each) => each.own);
  const links = own?.interfaces.ok === true ? own.interfaces.value : [];
  const hostname = facts.identity.ok ? [facts.identity.value.hostname] : [];
  return [...hostname, ...links.flatMap((link) => link.addresses.map(({ address }) => address))];
}
