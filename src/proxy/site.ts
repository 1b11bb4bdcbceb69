import type { RouteScope } from "../servers/ollama/scopes.ts";

/** Proxies that Portlock makes a site for. */
export const PROXY_KINDS = ["nginx", "caddy", "haproxy"] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** How a caller shows who it is. `portlock`: the gateway's keys are asked for. */
export const PROXY_AUTHS = ["basic", "bearer", "portlock"] as const;
export type ProxyAuth = (typeof PROXY_AUTHS)[number];

/** A numeric address and a port. */
export interface SocketAddress {
  /** IPv4, or IPv6 without brackets. `::` is every address of both families. */
  readonly address: string;
  readonly port: number;
}

/** Where the model server is reached. */
export type SiteUpstream =
  | ({ readonly kind: "tcp" } & SocketAddress)
  | { readonly kind: "unix"; readonly path: string };

export type SiteTls =
  /** Only on loopback: see `refuseSite`. */
  | { readonly kind: "none" }
  | { readonly kind: "files"; readonly certificate: string; readonly key: string; readonly selfSigned: boolean }
  /** Caddy gets and renews a certificate by itself. */
  | { readonly kind: "automatic" };

/** All that the configuration of one site is made from. Texts are plain: see `refuseSite`. */
export interface ProxySite {
  /** Letters, digits and `_`: names everything of this site in the proxy, and its files. */
  readonly id: string;
  readonly listen: SocketAddress;
  /** Host name it is called by; null: by any. */
  readonly name: string | null;
  readonly upstream: SiteUpstream;
  readonly auth:
    /** `file` holds who is let in; the configuration names it, so that it holds no secret itself. */
    | { readonly kind: "basic" | "bearer"; readonly file: string }
    | { readonly kind: "portlock"; readonly gateway: SocketAddress };
  readonly scopes: readonly RouteScope[];
  readonly tls: SiteTls;
  /** Origins whose web pages may call it: `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Requests that one client address may make in a minute; null: as many as it likes. */
  readonly requestsPerMinute: number | null;
}

/** The version of a proxy, as far as it matters. */
export interface ProxyVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Whether a version is that one or newer. */
export function isAtLeast(version: ProxyVersion, major: number, minor: number, patch: number = 0): boolean {
  const difference = version.major - major || version.minor - minor || version.patch - patch;
  return difference >= 0;
}

/** The version in what `nginx -v`, `caddy version` or `haproxy -v` print; null where there is none. */
export function parseProxyVersion(text: string): ProxyVersion | null {
  const [, major, minor, patch] = /(?:^|[^\d.])v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?/.exec(text) ?? [];
  if (major === undefined || minor === undefined) return null;
  return { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) };
}

/** An authority as it stands in a URL: IPv6 in brackets. */
export function toAuthority({ address, port }: SocketAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Host header the model server is asked with: one that it takes for its own, whatever the client sent. */
export function toHostHeader({ upstream }: ProxySite): string {
  return `localhost:${upstream.kind === "tcp" ? upstream.port : 11434}`;
}
