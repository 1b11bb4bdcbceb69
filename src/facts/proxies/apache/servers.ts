import type { ProxyListener } from "../proxy.ts";
import type { ApacheDirective } from "./directives.ts";
import { findLast } from "./access.ts";

/** A virtual host, or the main server, with all that counts for it. */
export interface ApacheServer {
  readonly names: readonly string[];
  readonly isDefault: boolean;
  readonly listeners: readonly ProxyListener[];
  /** The main server's lines, then its own. */
  readonly lines: readonly ApacheDirective[];
  readonly directive: ApacheDirective | null;
}

interface Place {
  /** `*`: every address. */
  readonly address: string;
  readonly port: number | null;
}

/** The servers of a configuration with their listeners; the first of those at one place takes what has no other. */
export function findServers(directives: readonly ApacheDirective[]): readonly ApacheServer[] {
  const main = directives.filter(({ name }) => name !== "virtualhost");
  const hosts = directives.filter(({ name, block }) => name === "virtualhost" && block !== null);
  const places = directives.flatMap(({ name, values }) => (name === "listen" ? [parsePlace(values[0] ?? "")] : []));
  const taken = new Set<string>();
  const servers = hosts.flatMap((directive): readonly ApacheServer[] => {
    const lines = [...main, ...(directive.block ?? [])];
    const tls = findLast([lines], "sslengine")?.[0]?.toLowerCase() === "on";
    const own = directive.values.map(parsePlace);
    const listeners = places.flatMap((place) => own.flatMap((each) => meet(place, each, tls)));
    const key = JSON.stringify(listeners.map((each) => (each.kind === "tcp" ? [each.address, each.port] : [])));
    const isDefault = !taken.has(key);
    taken.add(key);
    const ownLines = directive.block ?? [];
    const names = ["servername", "serveralias"].flatMap((wanted) =>
      ownLines.flatMap(({ name, values }) => (name === wanted ? values : [])),
    );
    return listeners.length === 0 ? [] : [{ names: names.map(toName), isDefault, listeners, lines, directive }];
  });
  const served = new Set(
    servers.flatMap(({ listeners }) => listeners.map((each) => (each.kind === "tcp" ? each.port : 0))),
  );
  const left = places.filter(({ port }) => port !== null && !served.has(port));
  const mainTls = findLast([main], "sslengine")?.[0]?.toLowerCase() === "on";
  const own = left.flatMap((place) => meet(place, { address: "*", port: null }, mainTls));
  return own.length === 0
    ? servers
    : [...servers, { names: [], isDefault: true, listeners: own, lines: main, directive: null }];
}

/** `ServerName https://ai.example.com:443`: scheme and port are no part of the name. */
function toName(text: string): string {
  return text.replace(/^https?:\/\//, "").replace(/:\d+$/, "");
}

function parsePlace(text: string): Place {
  const [, bracketed, named, port] =
    /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}|\*))?$/.exec(/^\d+$/.test(text) ? `*:${text}` : text) ?? [];
  const address = bracketed ?? named ?? "";
  const isAny = address === "" || address === "*" || address === "_default_";
  return { address: isAny ? "*" : address, port: port === undefined || port === "*" ? null : Number(port) };
}

/** Where a `Listen` and the address of a virtual host meet. */
function meet(listen: Place, host: Place, tls: boolean): readonly ProxyListener[] {
  const { port } = listen;
  if (port === null || port < 1 || port > 65_535 || (host.port !== null && host.port !== port)) return [];
  if (listen.address !== "*" && listen.address !== "0.0.0.0" && host.address !== "*" && host.address !== listen.address)
    return [];
  const address = host.address === "*" ? listen.address : host.address;
  const addresses = address === "*" ? ["0.0.0.0", "::"] : [address];
  return addresses.map((each): ProxyListener => ({ kind: "tcp", address: each, port, tls }));
}
