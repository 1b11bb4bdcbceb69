import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { ListenPlace } from "./gateway-options.ts";
import type { UpstreamPlace } from "./upstream-place.ts";

/** Reads `HOST:PORT`, `[IPv6]:PORT` or a port alone, which is on 127.0.0.1; null where it is none of these. */
export function parseListen(text: string): ListenPlace | null {
  const [, bracketed, name, digits] = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return null;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : null;
  return { host: name ?? "127.0.0.1", port };
}

/** The place as it is written in a URL. */
export function toListenText({ host, port }: ListenPlace): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** True where nobody but this machine reaches it. A name other than `localhost` may be anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]+$/.test(host);
}

/** Names and addresses a listener is reached by: `needed` for good, `more` as the machine's addresses are now. */
export function toReachedBy(
  host: string,
  hostname: string,
): { readonly needed: readonly string[]; readonly more: readonly string[] } {
  const needed = ["localhost", "127.0.0.1", "::1", ...(/^[A-Za-z0-9.-]+$/.test(hostname) ? [hostname] : [])];
  if (isWildcard(host)) return { needed, more: listOwnAddresses() };
  return { needed: [...new Set([...needed, host])], more: [] };
}

/** True where the upstream is what is listened on, by whatever name: every request would come back to itself. */
export async function isItself({ origin, socketPath }: UpstreamPlace, listen: ListenPlace): Promise<boolean> {
  if (socketPath !== null) return false;
  const url = new URL(origin);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (port !== listen.port) return false;
  const [upstream, own] = await Promise.all([toAddresses(url.hostname), toAddresses(listen.host)]);
  const covered = new Set(isWildcard(listen.host) ? [...listOwnAddresses(), "127.0.0.1", "::1", ...own] : own);
  return upstream.some((address) => covered.has(address) || (isWildcard(listen.host) && address.startsWith("127.")));
}

async function toAddresses(host: string): Promise<readonly string[]> {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return isWildcard(bare) ? [bare, "127.0.0.1", "::1"] : [bare];
  // A name that is not known is told when it is connected to.
  const found = await lookup(bare, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

function listOwnAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ scopeid }) => scopeid === undefined || scopeid === 0)
    .map(({ address }) => address);
}
