import type { ProxyKind, ProxySite } from "./site.ts";

/** Why no configuration is made for a site. */
export type SiteRefusal =
  /** A credential would be sent for everybody on the way to read. */
  | { readonly code: "plain-http-elsewhere"; readonly address: string }
  /** It holds characters that a configuration could misread. */
  | { readonly code: "not-plain"; readonly text: string }
  | { readonly code: "nothing-allowed" }
  /** Caddy gets certificates for names, of port 443. */
  | { readonly code: "automatic-needs-name" }
  /** Only Caddy gets certificates by itself. */
  | { readonly code: "automatic-not-here" };

const NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const ORIGIN = /^[a-z][a-z0-9+.-]{0,20}:\/\/(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(?::\d{1,5})?$/;
const PATH = /^(?:\/[A-Za-z0-9_@+.,:=-]+)+$/;
const ADDRESS = /^[0-9A-Fa-f.:]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?$/;
const ID = /^[a-z0-9_]{1,80}$/;
/** Names of people: they come into files that the proxy reads, and into its log. */
const PERSON = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Stands in the lists of Caddy, which may not be empty. */
const NOBODY = "nobody";

/** Null where a configuration can be made. */
export function refuseSite(kind: ProxyKind, site: ProxySite): SiteRefusal | null {
  const { listen, tls } = site;
  const odd = listTexts(site).find(([text, pattern]) => !pattern.test(text));
  if (odd !== undefined) return { code: "not-plain", text: odd[0] };
  if (tls.kind === "none" && !isLoopbackAddress(listen.address)) {
    return { code: "plain-http-elsewhere", address: listen.address };
  }
  if (tls.kind === "automatic" && kind !== "caddy") return { code: "automatic-not-here" };
  if (tls.kind === "automatic" && (site.name === null || !site.name.includes("."))) {
    return { code: "automatic-needs-name" };
  }
  return site.scopes.length === 0 ? { code: "nothing-allowed" } : null;
}

/** Whether a name may be that of somebody who is let in. */
export function isPersonName(name: string): boolean {
  return PERSON.test(name) && name !== NOBODY;
}

export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);
}

function listTexts({
  id,
  name,
  listen,
  upstream,
  auth,
  tls,
  origins,
}: ProxySite): readonly (readonly [string, RegExp])[] {
  return [
    [id, ID] as const,
    [listen.address, ADDRESS] as const,
    ...(name === null ? [] : [[name, NAME] as const]),
    upstream.kind === "unix" ? ([upstream.path, PATH] as const) : ([upstream.address, ADDRESS] as const),
    auth.kind === "portlock" ? ([auth.gateway.address, ADDRESS] as const) : ([auth.file, PATH] as const),
    ...(tls.kind === "files" ? [[tls.certificate, PATH] as const, [tls.key, PATH] as const] : []),
    ...origins.map((origin) => [origin, ORIGIN] as const),
  ];
}
