import { toCaddyConfiguration } from "./caddy.ts";
import { toHaproxyConfiguration } from "./haproxy.ts";
import { toNginxConfiguration } from "./nginx.ts";
import { refuseSite, type SiteRefusal } from "./refuse-site.ts";
import type { ProxyKind, ProxySite, ProxyVersion } from "./site.ts";

/** A configuration as text, or why there is none. */
export type SiteConfiguration =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly refusal: SiteRefusal };

const WRITERS: Readonly<Record<ProxyKind, (site: ProxySite, version: ProxyVersion) => string>> = {
  nginx: toNginxConfiguration,
  caddy: toCaddyConfiguration,
  haproxy: toHaproxyConfiguration,
};

/** The configuration of one site for one version of one proxy. It holds no credential: it names the file of those. */
export function makeConfiguration(kind: ProxyKind, site: ProxySite, version: ProxyVersion): SiteConfiguration {
  const refusal = refuseSite(kind, site);
  return refusal === null ? { kind: "text", text: WRITERS[kind](site, version) } : { kind: "refused", refusal };
}
