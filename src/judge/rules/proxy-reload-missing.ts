import type { FindingOf } from "../finding.ts";
import { listProxiedSites, toIndexes } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** Files of a proxy in front of a server were changed since it loaded them: what they say is not what holds. */
export const PROXY_RELOAD_MISSING: Rule<"proxy-reload-missing"> = {
  id: "proxy-reload-missing",
  judge: (host) => {
    const sites = listProxiedSites(host).filter(({ proxy }) => proxy.changedSinceLoaded === true);
    const byProxy = Map.groupBy(sites, ({ proxy, server }) => `${proxy.kind} ${proxy.pid} ${server.id}`);
    return [...byProxy.values()].flatMap((ofProxy): FindingOf<"proxy-reload-missing">[] => {
      const [first] = ofProxy;
      if (first === undefined) return [];
      const { proxy, server, site } = first;
      return [
        {
          rule: "proxy-reload-missing",
          severity: "medium",
          server: server.id,
          routes: toIndexes(ofProxy.flatMap(({ ways }) => ways.flatMap(({ routes }) => routes))),
          data: { proxy: proxy.kind, file: site.source.file },
          evidence: [{ from: site.source.file, text: site.source.text }],
        },
      ];
    });
  },
};
