import type { ProxyListener, ProxyLocation, ProxySite } from "../proxy.ts";
import type { Directive } from "./directives.ts";
import { parseListen } from "./listen.ts";
import { type HttpContext, readLocations } from "./locations.ts";
import { findInherited, findValue, toSource } from "./scope.ts";

interface Server {
  readonly directive: Directive;
  readonly listeners: readonly { readonly listener: ProxyListener; readonly isDefault: boolean }[];
}

/** The servers of an `http` block, one site for each group of listeners that is alike for its callers. */
export function readHttpSites(context: HttpContext): readonly ProxySite[] {
  const servers = withSharedTls(
    context.http.filter(({ name, block }) => name === "server" && block !== null).map(toServer),
  );
  const defaults = findDefaults(servers);
  return servers.flatMap(({ directive, listeners }) => {
    const groups = Map.groupBy(listeners, ({ listener }) => {
      const tls = listener.kind === "tcp" && listener.tls;
      return `${tls} ${defaults.get(toKey(listener)) === directive}`;
    });
    return [...groups.values()].map((group) => {
      const [first] = group;
      const tls = first?.listener.kind === "tcp" && first.listener.tls;
      const isDefault = first !== undefined && defaults.get(toKey(first.listener)) === directive;
      return {
        names: toNames(directive, isDefault),
        isDefault,
        listeners: group.map(({ listener }) => listener),
        locations: withCertificate(context, directive, tls, readLocations({ ...context, server: directive, tls })),
        source: toSource(directive),
      };
    });
  });
}

function toServer(directive: Directive): Server {
  const block = directive.block ?? [];
  const tls = findValue([block], "ssl") === "on";
  const listens = block.filter(({ name }) => name === "listen").map(({ values }) => values);
  const listeners = (listens.length === 0 ? [["80"]] : listens).flatMap((values) => {
    const { listeners: places, isDefault } = parseListen(values, tls);
    return places.map((listener) => ({ listener, isDefault }));
  });
  return { directive, listeners };
}

/** A place speaks TLS for every server on it as soon as one of them says so. */
function withSharedTls(servers: readonly Server[]): readonly Server[] {
  const all = servers.flatMap(({ listeners }) => listeners.map(({ listener }) => listener));
  const speaking = new Set(
    all.flatMap((listener) => (listener.kind === "tcp" && listener.tls ? [toKey(listener)] : [])),
  );
  return servers.map(({ directive, listeners }) => ({
    directive,
    listeners: listeners.map(({ listener, isDefault }) => ({
      isDefault,
      listener: listener.kind === "tcp" ? { ...listener, tls: speaking.has(toKey(listener)) } : listener,
    })),
  }));
}

/** Of each place to listen at: the server that says so, else the first. */
function findDefaults(servers: readonly Server[]): ReadonlyMap<string, Directive> {
  const defaults = new Map<string, Directive>();
  for (const wanted of [true, false]) {
    for (const { directive, listeners } of servers) {
      for (const { listener, isDefault } of listeners) {
        const key = toKey(listener);
        if (isDefault === wanted && !defaults.has(key)) defaults.set(key, directive);
      }
    }
  }
  return defaults;
}

function toKey(listener: ProxyListener): string {
  return listener.kind === "unix" ? listener.path : `${listener.address} ${listener.port}`;
}

/** A server without names takes nothing by name; `_` is one that nobody asks for. */
function toNames({ block }: Directive, isDefault: boolean): readonly string[] {
  const written = (block ?? []).filter(({ name }) => name === "server_name").flatMap(({ values }) => values);
  const names = written
    .filter((name) => name !== "_" && name !== "")
    .flatMap((name) => (name.startsWith(".") ? [name.slice(1), `*${name}`] : [name]));
  return names.length === 0 && !isDefault ? ["_"] : names;
}

/** `ssl_verify_client` holds for the whole server, on its listeners with TLS. */
function withCertificate(
  { http }: HttpContext,
  { block }: Directive,
  tls: boolean,
  locations: readonly ProxyLocation[],
): readonly ProxyLocation[] {
  const mode = findInherited([http, block ?? []], "ssl_verify_client").at(-1)?.values[0] ?? "off";
  if (!tls || mode === "off") return locations;
  return locations.map((location) => {
    const required = mode === "on";
    if (location.protections.some(({ kind }) => kind === "client-certificate")) return location;
    if (location.satisfy === "any")
      return required
        ? { ...location, satisfy: "all", protections: [{ kind: "client-certificate", required }] }
        : location;
    return { ...location, protections: [{ kind: "client-certificate", required }, ...location.protections] };
  });
}
