import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { HostError } from "./host-error.ts";
import type { ReadRequest } from "./host.ts";

/** A server named by its URL, with the addresses that the name leads to from this machine. */
export interface ProbeTarget {
  /** Scheme, host, port and path as they are used; without query, and without a slash at the end. */
  readonly url: string;
  /** Numeric, in the order of the resolver, at most `ADDRESS_LIMIT`. */
  readonly addresses: readonly string[];
  /** Addresses of that name that were left out. */
  readonly unasked: number;
  readonly port: number;
  readonly tls: boolean;
  /** Host header a browser would send. */
  readonly hostHeader: string;
  /** Stands before every path that is asked for; empty or beginning with a slash. */
  readonly basePath: string;
}

/** A name behind which more addresses stand is a large service, and asking them all would be a scan. */
const ADDRESS_LIMIT = 4;
const LOOKUP_TIMEOUT_MS = 5_000;

/**
 * Looks a URL's name up once, so that every question goes to an address that can be shown. Throws a `HostError`:
 * `bad-url` for anything but http and https without credentials, `name-unknown` where the name leads nowhere.
 */
export async function resolveTarget(url: URL): Promise<ProbeTarget> {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse(url.protocol, "is not http or https");
  if (url.username !== "" || url.password !== "") throw refuse(url.origin, "holds credentials");
  const tls = url.protocol === "https:";
  const basePath = url.pathname.replace(/\/+$/, "");
  const addresses = await findAddresses(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return {
    url: url.origin + basePath,
    addresses: addresses.slice(0, ADDRESS_LIMIT),
    unasked: Math.max(0, addresses.length - ADDRESS_LIMIT),
    port: url.port === "" ? (tls ? 443 : 80) : Number(url.port),
    tls,
    hostHeader: url.host,
    basePath,
  };
}

/** A request to one address of the target, as a browser or another client that knows its name would make it. */
export function toTargetRequest(
  target: ProbeTarget,
  address: string,
  question: Pick<ReadRequest, "method" | "path" | "hostHeader" | "origin">,
): ReadRequest {
  return {
    address,
    port: target.port,
    tls: target.tls,
    hostHeader: target.hostHeader,
    serverName: target.hostHeader.replace(/:\d+$/, ""),
    ...question,
    path: target.basePath + question.path,
  };
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

function refuse(what: string, fault: string): HostError {
  const hint = "Name the server as http://host:port or https://host.";
  return new HostError("bad-url", what, `The URL ${fault}: ${what}`, hint);
}
