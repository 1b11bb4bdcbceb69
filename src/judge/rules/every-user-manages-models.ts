import type { ProxySite } from "../../facts/proxies/proxy.ts";
import { ROUTES, type HttpRoute } from "../../servers/ollama/routes.ts";
import type { FindingOf } from "../finding.ts";
import { fromOutside, listProxiedSites, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { ProxiedSite } from "../proxies/proxied-sites.ts";
import { listReached } from "../proxies/served-paths.ts";
import type { Rule } from "../rule.ts";

/**
 * Whoever has a credential at a proxy may also pull, replace and delete models: every path is handed on, or those are
 * forbidden one by one, which other spellings of them pass (`/api/pull/`, `//api/pull`, `/api%2Fpull`). Where such a
 * path is handed on by its own name, somebody meant it to be.
 */
export const EVERY_USER_MANAGES_MODELS: Rule<"every-user-manages-models"> = {
  id: "every-user-manages-models",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"every-user-manages-models">[] => {
      // Portlock's gateway hands on every path, to those whose key has the scope for it.
      if (site.server.kind !== "ollama" || site.proxy.kind === "portlock") return [];
      const ways = site.ways.filter((each) => fromOutside(each, "guarded").length > 0);
      const guarded = ways.flatMap((each) => fromOutside(each, "guarded"));
      const policy = guarded.length === 0 ? null : judgePaths(site);
      if (policy === null) return [];
      return [
        {
          rule: "every-user-manages-models",
          severity: policy.by === "no-path-policy" ? "medium" : "low",
          server: site.server.id,
          routes: toIndexes(guarded),
          data: { ...toSiteData(site, guarded), ...policy },
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};

/** Routes that change models, of the newest release that was read. */
const MANAGING = ROUTES.filter(({ dangers, until }) => dangers.includes("manage") && until === null);

function judgePaths({
  site,
  ways,
}: ProxiedSite): Pick<FindingOf<"every-user-manages-models">["data"], "by" | "paths"> | null {
  const leading = new Set(ways.flatMap(({ way }) => way.places.map(({ location }) => location)));
  const isLeading = (location: ProxySite["locations"][number] | null): boolean =>
    location !== null && location.paths.kind !== "exact" && leading.has(location);
  const passed = MANAGING.filter((route) => isLeading(findLocation(site, route)));
  if (passed.length > 0) {
    return { by: "no-path-policy", paths: passed.map(({ methods, path }) => `${methods[0] ?? ""} ${path}`) };
  }
  const rest = [...leading].some(
    ({ paths }) => paths.kind === "all" || (paths.kind === "prefix" && isShort(paths.text)),
  );
  const paths = MANAGING.map(({ methods, path }) => `${methods[0] ?? ""} ${path}`);
  return rest ? { by: "deny-list", paths } : null;
}

/** A prefix below which managing paths lie too. */
function isShort(prefix: string): boolean {
  return MANAGING.some(({ path }) => path.startsWith(prefix));
}

/** The location of a site that takes a request for a route of Ollama's. */
function findLocation(site: ProxySite, { path, methods }: HttpRoute): ProxySite["locations"][number] | null {
  const asked = path.replaceAll(/:\w+/g, "x");
  const found = listReached(site).find((location) => {
    const { paths, replacesPath } = location;
    if (location.methods !== null && !methods.some((method) => location.methods?.includes(method))) return false;
    if (paths.kind === "exact") return paths.text === asked;
    if (paths.kind === "prefix") return asked.startsWith(replacesPath ?? paths.text);
    return paths.kind === "all" || (paths.kind === "pattern" && matches(paths.text, asked));
  });
  return found ?? null;
}

/** A pattern in the words of another program may be none here. */
function matches(pattern: string, path: string): boolean {
  try {
    return new RegExp(pattern).test(path);
  } catch {
    return false;
  }
}
