import type { Facts } from "../facts/facts.ts";
import type { HostVerdict, Judgement } from "../report/report.ts";
import { SEVERITIES, type Finding } from "./finding.ts";
import { listMissing } from "./missing.ts";
import { compareKeys } from "./order.ts";
import { listUnreadProxies, listUnreadTunnels } from "./proxies/unread-proxies.ts";
import { toRuleSets } from "./rule-sets.ts";
import { toRouter, toServerVerdict } from "./routes.ts";
import type { JudgedHost } from "./rule.ts";
import { RULES } from "./rules.ts";
import { toRunBy } from "./run-by.ts";
import type { Server } from "./server.ts";
import { findServers, type Found, type FoundServer } from "./servers.ts";
import { judgeSettings } from "./settings.ts";
import { mayHideServer } from "./unseen.ts";

/** From worst to best. */
const VERDICTS: readonly HostVerdict[] = ["exposed", "unknown", "guarded", "local", "none"];

/**
 * Everything Portlock has to say about one host, from its facts alone: the same facts give the same judgement,
 * byte for byte. No facts make it throw.
 */
export function judge(facts: Facts): Judgement {
  const found = findServers(facts);
  const ruleSets = toRuleSets(facts);
  const servers = toServers(facts, found, ruleSets);
  const identity = facts.identity.ok ? facts.identity.value : null;
  return {
    host: { name: identity?.hostname ?? "", os: identity?.os ?? null, kernel: identity?.kernel ?? null },
    reader: { uid: identity?.readerUid ?? null },
    verdict: toHostVerdict(servers, mayHideServer(facts, found)),
    missing: listMissing(facts, found.servers),
    servers,
    findings: toFindings({ facts, servers, ruleSets, proxyWays: toProxyWays(servers, found.servers) }),
  };
}

function toServers(facts: Facts, found: Found, ruleSets: JudgedHost["ruleSets"]): Server[] {
  const route = toRouter(facts, ruleSets);
  const unread = listUnreadProxies(facts).length + listUnreadTunnels(facts).length;
  const counts = new Map<string, number>();
  return found.servers.map((server) => {
    const number = (counts.get(server.kind) ?? 0) + 1;
    counts.set(server.kind, number);
    const routes = route(server);
    const runBy = toRunBy(server.process, server.container);
    return {
      id: `${server.kind}-${number}`,
      kind: server.kind,
      version: server.version,
      verdict: toServerVerdict(routes, server.unjudged + unread),
      runBy,
      process: toProcess(server),
      listeners: toListeners(server),
      settings: judgeSettings(facts, server, runBy),
      routes,
    };
  });
}

/** The servers of both lists go together one by one. */
function toProxyWays(servers: readonly Server[], found: readonly FoundServer[]): JudgedHost["proxyWays"] {
  return servers.flatMap(({ id }, index) => (found[index]?.proxied ?? []).map((way) => ({ server: id, way })));
}

function toProcess({ process }: FoundServer): Server["process"] {
  return process === null ? null : { pid: process.pid, user: process.user, startedAt: process.startedAt };
}

/** Its own sockets; of a container whose sockets were not seen, those that serve its published ports. */
function toListeners({ listeners, publications }: FoundServer): Server["listeners"] {
  const seen = listeners.length > 0 ? listeners : publications.flatMap((each) => each.helper ?? []);
  const places = seen.map(({ listener, dualStack }) => ({
    address: listener.address,
    port: listener.port,
    dualStack,
  }));
  return [...new Map(places.map((place) => [`${place.address} ${place.port}`, place])).values()];
}

function toHostVerdict(servers: readonly Server[], hidden: boolean): HostVerdict {
  const verdicts = new Set<HostVerdict>(servers.map((server) => server.verdict));
  if (hidden) verdicts.add("unknown");
  return VERDICTS.find((verdict) => verdicts.has(verdict)) ?? "none";
}

/** Worst first, then by rule and server, so that the order never depends on the order of the rules. */
function toFindings(host: JudgedHost): Finding[] {
  const findings = Object.values(RULES).flatMap((rule): readonly Finding[] => rule.judge(host));
  return findings.toSorted((one, other) => compareKeys(toKey(one), toKey(other)));
}

function toKey(finding: Finding): readonly (string | number)[] {
  return [SEVERITIES.indexOf(finding.severity), finding.rule, finding.server ?? ""];
}
