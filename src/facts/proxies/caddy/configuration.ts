import { toLocations } from "../ordered-rules.ts";
import type { ProxyConfiguration, ProxyLocation, ProxySite, SourceLine } from "../proxy.ts";
import type { CaddySite } from "./model.ts";
import { walkRoutes } from "./walk.ts";

/** What sites of Caddy hand on to whom. */
export function toConfiguration(
  sites: readonly CaddySite[],
  files: readonly string[],
  unclear: readonly SourceLine[],
): ProxyConfiguration {
  const read = sites.map((site) => ({ site, ...walkRoutes(site.routes) }));
  return {
    files,
    sites: read.map(({ site, rules, names: served }): ProxySite => {
      const names = site.names.length > 0 ? site.names : served;
      const locations = toLocations(rules);
      return {
        names,
        isDefault: names.length === 0,
        listeners: site.listeners,
        locations: site.certificate === null ? locations : locations.map((each) => withCertificate(each, site)),
        source: site.source,
      };
    }),
    unclear: [...unclear, ...read.flatMap((each) => each.unclear)],
  };
}

function withCertificate(location: ProxyLocation, { certificate }: CaddySite): ProxyLocation {
  if (certificate === null) return location;
  if (location.satisfy === "any") return { ...location, satisfy: "all", protections: [certificate] };
  return { ...location, protections: [certificate, ...location.protections] };
}
