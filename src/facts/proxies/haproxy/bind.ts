import type { Protection, ProxyListener, Upstream } from "../proxy.ts";

export interface Bind {
  readonly listeners: readonly ProxyListener[];
  /** A certificate that callers must show. */
  readonly certificate: Protection | null;
}

const MOST_PORTS = 64;

/** The words behind `bind`: addresses with ports, and what is spoken there. None for QUIC. */
export function parseBind(words: readonly string[]): Bind {
  const [places = "", ...parameters] = words;
  const tls = parameters.includes("ssl");
  const both = parameters.includes("v4v6") && !parameters.includes("v6only");
  const verify = parameters[parameters.indexOf("verify") + 1];
  const asked = tls && parameters.includes("verify") && verify !== "none";
  return {
    listeners: places.split(",").flatMap((place) => parsePlace(place, tls, both)),
    certificate: asked ? { kind: "client-certificate", required: verify === "required" } : null,
  };
}

function parsePlace(written: string, tls: boolean, both: boolean): readonly ProxyListener[] {
  const [, family, place = ""] = /^(?:(\w+)@)?(.*)$/s.exec(written) ?? [];
  if (family?.startsWith("quic") === true || family === "abns" || family === "fd") return [];
  if (family === "unix" || place.startsWith("/")) return [{ kind: "unix", path: place }];
  const [, host = "", from, to] = /^(.*?):?(\d{1,5})(?:-(\d{1,5}))?$/.exec(place) ?? [];
  if (from === undefined) return [];
  const plain = host.replace(/^\[|\]$/g, "");
  const isAny = plain === "" || plain === "*";
  const address = isAny ? (family === "ipv6" ? "::" : "0.0.0.0") : plain === "localhost" ? "127.0.0.1" : plain;
  const addresses = address === "::" && both ? ["::", "0.0.0.0"] : [address];
  const count = Math.min(MOST_PORTS, Math.max(0, Number(to ?? from) - Number(from) + 1));
  return Array.from({ length: count }, (_, index) => Number(from) + index)
    .filter((port) => port >= 1 && port <= 65_535)
    .flatMap((port) => addresses.map((each): ProxyListener => ({ kind: "tcp", address: each, port, tls })));
}

/**
 * The words behind `server NAME`: an address and how it is spoken to.
 *
 * @param port where none is written: the one that the caller came to
 */
export function parseServer(words: readonly string[], port: number, defaults: readonly string[]): Upstream | null {
  const [written = "", ...parameters] = words;
  if (parameters.includes("disabled")) return null;
  const tls = [...defaults, ...parameters].includes("ssl") && !parameters.includes("no-ssl");
  const [, family, place = ""] = /^(?:(\w+)@)?(.*)$/s.exec(written) ?? [];
  if (family === "unix" || place.startsWith("/")) return { kind: "unix", path: place };
  const [, bracketed, named, given] =
    /^(?:\[([^\]]+)\]|([^:$%]+|[\da-f:]*:[\da-f:]*?))(?::\+?(\d{1,5}))?$/i.exec(place) ?? [];
  const host = bracketed ?? named;
  const chosen = given === undefined ? port : Number(given);
  if (host === undefined || chosen < 1 || chosen > 65_535) return { kind: "unclear", text: place.slice(0, 200) };
  return { kind: "tcp", host, port: chosen, tls };
}
