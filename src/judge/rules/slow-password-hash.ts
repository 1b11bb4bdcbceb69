import type { PasswordHash } from "../../facts/proxies/proxy.ts";
import type { FindingOf } from "../finding.ts";
import { listProxiedSites, toIndexes, toSiteData, toWayEvidence, type JudgedWay } from "../proxies/proxied-sites.ts";
import type { Rule } from "../rule.ts";

/** Proxies that compute the hash anew for every request, in the process that serves all others (measured). */
const NEVER_CACHE: ReadonlySet<string> = new Set(["nginx", "haproxy"]);
/** At bcrypt cost 8 a password takes about 20 ms, at 10 four times that. */
const DEAREST_BCRYPT = 8;
/** The 5,000 rounds of a plain sha512-crypt take 3 ms. */
const MOST_ROUNDS = 25_000;

/** Every request, also one with a wrong password, stops all streams of a worker for as long as its hash takes. */
export const SLOW_PASSWORD_HASH: Rule<"slow-password-hash"> = {
  id: "slow-password-hash",
  judge: (host) =>
    listProxiedSites(host).flatMap((site): FindingOf<"slow-password-hash">[] => {
      if (!NEVER_CACHE.has(site.proxy.kind)) return [];
      const ways = site.ways.filter((each) => findSlowHash(each) !== null);
      const routes = ways.flatMap((each) => each.routes.filter(({ route }) => route.verdict === "guarded"));
      const hash = ways.map(findSlowHash)[0] ?? null;
      if (hash === null || routes.length === 0) return [];
      return [
        {
          rule: "slow-password-hash",
          severity: "low",
          server: site.server.id,
          routes: toIndexes(routes),
          data: { ...toSiteData(site, routes), scheme: hash.scheme, cost: hash.cost },
          evidence: toWayEvidence(ways),
        },
      ];
    }),
};

function findSlowHash({ way }: JudgedWay): PasswordHash | null {
  const protections = way.places.flatMap(({ location }) => location.protections);
  const hashes = protections.flatMap((each) => (each.kind === "basic" && each.hash !== null ? [each.hash] : []));
  return hashes.find(isSlow) ?? null;
}

function isSlow({ scheme, cost }: PasswordHash): boolean {
  if (scheme === "bcrypt") return cost !== null && cost > DEAREST_BCRYPT;
  if (scheme === "yescrypt") return true;
  return (scheme === "sha256-crypt" || scheme === "sha512-crypt") && cost !== null && cost > MOST_ROUNDS;
}
