import type { Evidence } from "../../facts/evidence.ts";
import type { FirewalldZone } from "../../facts/firewalld.ts";
import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { isHeldByRules, portsOf } from "./others-reach.ts";

/**
 * A zone of firewalld's runs with something else than its file says, about a server's port or about everything: it
 * holds until the next reload of firewalld, or the next start of the host.
 */
export const FIREWALLD_UNSAVED: Rule<"firewalld-unsaved"> = {
  id: "firewalld-unsaved",
  judge: (host) => {
    const { managers } = host.facts;
    if (host.servers.length === 0 || managers?.firewalld.ok !== true) return [];
    const { runtime, permanent } = managers.firewalld.value;
    if (!runtime.ok || !permanent.ok) return [];
    const ports = portsOf(host.servers);
    const saved = new Map(permanent.value.map((zone) => [zone.name, zone]));
    return runtime.value.flatMap((zone): FindingOf<"firewalld-unsaved">[] => {
      const file = saved.get(zone.name);
      if (file === undefined) return [];
      const now = toElements(zone, ports);
      const later = toElements(file, ports);
      const onlyNow = now.filter((element) => !later.includes(element));
      const onlySaved = later.filter((element) => !now.includes(element));
      if (onlyNow.length === 0 && onlySaved.length === 0) return [];
      // What is refused now is let in then, or what was to be let in never was.
      const opens = isHeldByRules(host) && [...onlyNow.filter(isRefusal), ...onlySaved.filter(isGrant)].length > 0;
      return [
        {
          rule: "firewalld-unsaved",
          severity: opens ? "high" : "medium",
          server: null,
          routes: [],
          data: { zone: zone.name, onlyNow, onlySaved },
          evidence: [
            ...onlyNow.map((text) => toEvidence(zone, text)),
            ...onlySaved.map((text) => toEvidence(file, text)),
          ],
        },
      ];
    });
  },
};

/** What of a zone may decide about the ports, in the words of firewall-cmd. */
function toElements(zone: FirewalldZone, ports: readonly number[]): readonly string[] {
  return [
    `target: ${zone.target}`,
    ...zone.sources.map((source) => `source: ${source}`),
    ...zone.services.map((service) => `service: ${service}`),
    ...zone.ports.filter((port) => covers(port, ports)).map((port) => `port: ${port}`),
    ...zone.forwardPorts.filter((port) => names(port, ports)).map((port) => `forward-port: ${port}`),
    ...zone.richRules.filter((rule) => names(rule, ports)),
  ];
}

function covers(element: string, ports: readonly number[]): boolean {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?\/tcp$/.exec(element) ?? [];
  return first !== undefined && ports.some((port) => Number(first) <= port && port <= Number(last));
}

/** What names no port is about every port. */
function names(element: string, ports: readonly number[]): boolean {
  const named = [...element.matchAll(/\b(?:to-?)?port="?(\d+)(?:-(\d+))?/g)];
  if (named.length === 0) return true;
  return named.some(([, first = "", last = first]) =>
    ports.some((port) => Number(first) <= port && port <= Number(last)),
  );
}

function isRefusal(element: string): boolean {
  return / (?:reject|drop)\b/.test(element) || element === "target: DROP" || element === "target: %%REJECT%%";
}

function isGrant(element: string): boolean {
  return (
    / accept\b/.test(element) || /^(?:port|service|forward-port|source): /.test(element) || element === "target: ACCEPT"
  );
}

function toEvidence({ name, from }: FirewalldZone, text: string): Evidence {
  return { from, text: `zone ${name}, ${text}` };
}
