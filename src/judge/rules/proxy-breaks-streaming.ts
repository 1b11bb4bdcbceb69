import type { Passing } from "../../facts/proxies/proxy.ts";
import type { FindingOf } from "../finding.ts";
import type { StreamingFault } from "../proxy-finding.ts";
import { listProxiedSites, mergeAlike, toIndexes, toSiteData, toWayEvidence } from "../proxies/proxied-sites.ts";
import type { JudgedWay, ProxiedSite } from "../proxies/proxied-sites.ts";
import { toLastPlace } from "../proxies/proxy-way.ts";
import type { Rule } from "../rule.ts";

/** A large model may take this long to load, in silence. */
const SHORTEST_SILENCE_MS = 600_000;
/** Prompts with images are larger than the megabyte that nginx allows. */
const SMALLEST_BODY_BYTES = 16 * 1024 * 1024;

/** A proxy that collects answers before it hands them on, gives up while a model loads, or refuses large requests. */
export const PROXY_BREAKS_STREAMING: Rule<"proxy-breaks-streaming"> = {
  id: "proxy-breaks-streaming",
  judge: (host) => mergeAlike(listProxiedSites(host).flatMap(judgeSite)),
};

function judgeSite(site: ProxiedSite): readonly FindingOf<"proxy-breaks-streaming">[] {
  const ways = site.ways.filter((each) => toFaults(each).length > 0);
  const routes = ways.flatMap((each) => each.routes.filter(({ route }) => route.verdict !== "closed"));
  const passings = ways.map(toPassing);
  if (routes.length === 0) return [];
  return [
    {
      rule: "proxy-breaks-streaming",
      severity: "low",
      server: site.server.id,
      routes: toIndexes(routes),
      data: {
        ...toSiteData(site, routes),
        faults: [...new Set(ways.flatMap(toFaults))],
        silenceMs: toLeast(passings.map(({ silenceMs }) => silenceMs)),
        bodyLimitBytes: toLeast(passings.map(({ bodyLimitBytes }) => bodyLimitBytes)),
      },
      evidence: toWayEvidence(ways),
    },
  ];
}

function toPassing({ way }: JudgedWay): Passing {
  return toLastPlace(way).location.passing;
}

function toFaults(judged: JudgedWay): readonly StreamingFault[] {
  const { buffered, httpVersion, silenceMs, bodyLimitBytes } = toPassing(judged);
  return [
    ...(buffered === true ? (["collects-answers"] as const) : []),
    ...(httpVersion === "1.0" ? (["http-1.0"] as const) : []),
    ...(silenceMs !== null && silenceMs < SHORTEST_SILENCE_MS ? (["gives-up-early"] as const) : []),
    ...(bodyLimitBytes !== null && bodyLimitBytes < SMALLEST_BODY_BYTES ? (["small-body"] as const) : []),
  ];
}

function toLeast(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
