import type { Protection, ProxySite } from "../proxy.ts";
import { readSources } from "./access.ts";
import type { Directive } from "./directives.ts";
import { parseListen } from "./listen.ts";
import { readStreamPassing } from "./passing.ts";
import { findValue, toSource } from "./scope.ts";
import { findGroups, resolveStreamPass } from "./upstreams.ts";
import { findMaps } from "./variables.ts";

/** The servers of a `stream` block: bytes are handed on, whatever is asked. */
export function readStreamSites(stream: readonly Directive[]): readonly ProxySite[] {
  const context = { groups: findGroups(stream), maps: findMaps(stream), variables: new Map() };
  return stream.flatMap((server): readonly ProxySite[] => {
    const block = server.block ?? [];
    const pass = block.find(({ name }) => name === "proxy_pass")?.values[0];
    if (server.name !== "server" || pass === undefined) return [];
    const listeners = block
      .filter(({ name }) => name === "listen")
      .flatMap(({ values }) => parseListen(values, false).listeners);
    if (listeners.length === 0) return [];
    const scope = [stream, block];
    const tls = findValue(scope, "proxy_ssl") === "on";
    const speaksTls = listeners.some((listener) => listener.kind === "tcp" && listener.tls);
    const protections: readonly Protection[] = [
      ...readSources(scope, "all"),
      ...(speaksTls ? toCertificate(findValue(scope, "ssl_verify_client")) : []),
    ];
    const source = toSource(server);
    const location = {
      paths: { kind: "all" },
      methods: null,
      upstreams: resolveStreamPass(pass, tls, context),
      replacesPath: null,
      protections,
      satisfy: "all",
      passing: readStreamPassing(scope),
      source,
    } as const;
    return [{ names: [], isDefault: true, listeners, locations: [location], source }];
  });
}

function toCertificate(mode: string | null): readonly Protection[] {
  return mode === null || mode === "off" ? [] : [{ kind: "client-certificate", required: mode === "on" }];
}
