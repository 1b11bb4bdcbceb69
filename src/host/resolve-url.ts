import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { HostError } from "./host-error.ts";

/** One address behind a URL, and how a client that knows only the URL would ask it. */
export interface Endpoint {
  /** Numeric; an IPv6 link-local address carries its %zone. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Host header a browser would send. */
  readonly hostHeader: string;
  /** Name for the TLS handshake; the address itself where no name was given. */
  readonly serverName: string;
}

/** Behind a name with more addresses stands a large service, and asking them all would be a scan. */
const ADDRESS_LIMIT = 4;
const LOOKUP_TIMEOUT_MS = 5_000;

/**
 * The addresses behind `http://…`, `https://…`, or a host with or without a port (then `usualPort`). The name
 * is looked up once, here, so that every question goes to an address that can be shown. Throws a `HostError`:
 * `bad-url` for other texts, for credentials, and for a path, because a server is asked from its root;
 * `name-unknown` where the name leads nowhere.
 */
export async function resolveUrl(text: string, usualPort: number = 11434): Promise<readonly Endpoint[]> {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const bracketed = isIP(text) === 6 ? `[${text}]` : text;
  // A URL has no place for a zone; the address gets it back below.
  const zone = /\[[^\]%]*(%[A-Za-z0-9_.-]+)\]/.exec(bracketed)?.[1] ?? "";
  const written = bracketed.replace(zone, "");
  const url = toUrl(hasScheme ? written : `http://${written}`);
  if (url === null) throw refuse(withoutCredentials(text));
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isPortWritten = hasScheme || /:\d+\/?$/.test(written.replace(/\[.*\]/, ""));
  const port =
    url.port === "" ? (isPortWritten ? (url.protocol === "https:" ? 443 : 80) : usualPort) : Number(url.port);
  const addresses = await findAddresses(name);
  return addresses.slice(0, ADDRESS_LIMIT).map((address) => ({
    address: address + zone,
    port,
    tls: url.protocol === "https:",
    hostHeader: isPortWritten ? url.host : `${url.hostname}:${port}`,
    serverName: name,
  }));
}

function toUrl(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return null;
  const isBare = url.username === "" && url.password === "" && url.pathname === "/" && url.search === "";
  return isBare ? url : null;
}

async function findAddresses(name: string): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  const { promise: expired, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), LOOKUP_TIMEOUT_MS);
  try {
    const found = await Promise.race([lookup(name, { all: true, order: "verbatim" }), expired]);
    if (found === null) throw new Error(`no answer within ${LOOKUP_TIMEOUT_MS} ms`);
    return [...new Set(found.map((entry) => entry.address))];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const hint = "Check the spelling, or name the server by its address.";
    throw new HostError("name-unknown", name, `The name leads to no address: ${name}`, hint, detail);
  } finally {
    clearTimeout(timer);
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/[^/]*@/, "…@");
}

function refuse(text: string): HostError {
  const hint = "Write HOST, HOST:PORT, [IPv6]:PORT, http://… or https://…, without a path.";
  return new HostError("bad-url", text, `This is no address of a server: ${text}`, hint);
}
