import type { Answer } from "../facts/answers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Network } from "../facts/interfaces.ts";
import type { Reading } from "../host/host.ts";
import type { Missing } from "../report/report.ts";
import { toFamily, type Family } from "./addresses.ts";
import { toAnswerEvidence } from "./authentication.ts";
import { toFirstLine } from "./barriers.ts";
import { listUnreadProxies, listUnreadTunnels } from "./proxies/unread-proxies.ts";
import type { FoundServer } from "./servers.ts";
import { findUnit } from "./unit-filter.ts";
import { isUnaskable } from "./unseen.ts";

/** Enough to act on; a host on which more is missing mends it by the same step. */
const LONGEST_LIST = 100;

/**
 * Every fact that could not be read and that a verdict or a setting needed, once each: what may hide a server
 * always, the rest only where there is a server to judge. `absent` is an answer for files and engines, which need
 * not be there; for everything else it means that the tool to read it with is not.
 */
export function listMissing(facts: Facts, servers: readonly FoundServer[]): Missing[] {
  const found = [...listHiding(facts), ...(servers.length > 0 ? listJudging(facts, servers) : [])];
  const distinct = new Map(found.map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].slice(0, LONGEST_LIST);
}

/** Without these a server may be on the host that nobody saw. */
function listHiding(facts: Facts): Missing[] {
  const { processes, namespaces, holders } = facts.unseen;
  return [
    ...toMissing("identity", facts.identity),
    ...toMissing("listeners", facts.listeners),
    ...toMissing("processes", facts.processes),
    ...(processes === 0 ? [] : [toEntry("unseen", "denied", "/proc/PID/ns/net", toCount(processes))]),
    ...namespaces.map((each) => toEntry("unseen", each.why, each.from, each.detail ?? each.namespace)),
    ...(holders === 0 ? [] : [toEntry("processes", "too-large", "/proc/PID", toCount(holders))]),
    ...(facts.unasked === 0 ? [] : [toEntry("answers", "too-large", "GET /", toCount(facts.unasked))]),
    ...listUnaskable(facts.answers),
    ...(facts.containers.ok || facts.containers.why === "absent" ? [] : toMissing("containers", facts.containers)),
    ...(facts.containers.ok
      ? facts.containers.value.unread.map((each) => toEntry("containers", each.why, each.from, each.detail ?? null))
      : []),
  ];
}

function listJudging(facts: Facts, servers: readonly FoundServer[]): Missing[] {
  const namespaces = new Set(servers.flatMap((server) => server.listeners.map((each) => each.namespace)));
  const networks = facts.networks.filter((each) => each.own || namespaces.has(each.namespace ?? ""));
  const pids = new Set(servers.map((server) => server.process?.pid));
  return [
    ...toMissing("firewall", facts.firewall),
    ...(facts.networks.some((each) => each.own) ? [] : [toEntry("networks", "failed", "ip -j -d address", null)]),
    ...networks.flatMap((each) => [
      ...toMissing("networks", each.interfaces),
      ...(hasFamily(each, 4) ? toMissing("networks", each.routing.ipv4) : []),
      ...(hasFamily(each, 6) ? toMissing("networks", each.routing.ipv6) : []),
      ...(each.own ? toUnreadSwitches(each.interfaces) : []),
    ]),
    ...listManagers(facts),
    ...(facts.sessions === undefined ? [] : toMissing("sessions", facts.sessions)),
    ...listUnits(facts, servers),
    ...facts.environmentFiles.flatMap((file) => toMissing("environmentFiles", file.assignments, "absent")),
    ...servers.flatMap(({ process }) => (process === null ? [] : toMissing("processes", process.environment))),
    ...servers.flatMap(({ unjudged, process }) =>
      unjudged === 0 ? [] : [toEntry("listeners", "too-large", `/proc/${process?.pid ?? "PID"}/fd`, toCount(unjudged))],
    ),
    ...servers.flatMap(listUnanswered),
    ...listUnreadProxies(facts).map(({ why, from, detail }) => toEntry("proxies", why, from, detail)),
    ...listUnreadTunnels(facts).map(({ why, from, detail }) => toEntry("tunnels", why, from, detail)),
    ...facts.files.filter((file) => pids.has(file.pid)).flatMap((file) => toMissing("files", file.status, "absent")),
  ];
}

/** What managers were told is about rules that come and go; what holds now is in the rules themselves. */
function listManagers({ managers }: Facts): Missing[] {
  if (managers === undefined) return [];
  const { ufw, firewalld, loaders, docker } = managers;
  const readings: readonly Reading<unknown>[] = [
    ufw,
    ...(ufw.ok ? [ufw.value.rules] : []),
    firewalld,
    ...(firewalld.ok ? [firewalld.value.runtime, firewalld.value.permanent] : []),
    loaders,
    docker,
  ];
  return readings.flatMap((reading) => toMissing("managers", reading, "absent"));
}

function listUnits(facts: Facts, servers: readonly FoundServer[]): Missing[] {
  const systemd = servers.filter((server) => server.process?.cgroup?.kind.endsWith("-unit") === true);
  if (systemd.length > 0 && !facts.units.ok) return toMissing("units", facts.units);
  return systemd.flatMap((server): Missing[] => {
    const found = findUnit(facts, server.process);
    if (found.kind === "unit") return found.unit.files.flatMap((file) => toMissing("units", file, "absent"));
    if (found.kind === "none" || found.barrier.evidence === null) return [];
    return [toEntry("units", found.why, found.barrier.evidence.from, found.barrier.evidence.text)];
  });
}

/** Listeners that no question got through to, one for each reason. */
function listUnaskable(answers: readonly Answer[]): Missing[] {
  const listeners = Map.groupBy(answers, ({ address, port, namespace }) => `${address} ${port} ${namespace}`);
  const unaskable = [...listeners.values()].filter(isUnaskable).flatMap(([first]) => first ?? []);
  const reasons = Map.groupBy(unaskable, toReason);
  return [...reasons.values()].flatMap(([first]) => (first === undefined ? [] : [toUnanswered(first)]));
}

/** Listeners of a server that did not answer. */
function listUnanswered(server: FoundServer): Missing[] {
  const heard = [...server.listeners, ...server.publications.map((each) => each.helper)];
  if (heard.some((each) => each?.recognition !== null && each !== null)) return [];
  return server.listeners.flatMap(({ listener, answers }) => {
    const [first] = answers;
    if (first === undefined) return [toEntry("answers", "failed", listener.evidence.text, null)];
    return isUnaskable(answers) ? [] : [toUnanswered(first)];
  });
}

/** `denied` is the other host's sshd: it opens no stream for this login. */
function toUnanswered(answer: Answer): Missing {
  const reason = toReason(answer);
  const why = answer.outcome.kind === "timeout" ? "timeout" : /prohibited/.test(reason) ? "denied" : "failed";
  return toEntry("answers", why, toAnswerEvidence(answer)?.from ?? answer.question, reason);
}

function toReason({ outcome }: Answer): string {
  return outcome.kind === "answered" ? `HTTP ${outcome.answer.status}` : (outcome.detail ?? outcome.kind);
}

/** True where a namespace has addresses of a family, or where nobody could tell. */
function hasFamily({ interfaces }: Network, family: Family): boolean {
  return (
    !interfaces.ok || interfaces.value.some((link) => link.addresses.some((one) => toFamily(one.address) === family))
  );
}

function toUnreadSwitches(interfaces: Facts["networks"][number]["interfaces"]): Missing[] {
  if (!interfaces.ok || interfaces.value.every((each) => each.loopback || each.routeLocalnet !== null)) return [];
  return [toEntry("networks", "denied", "/proc/sys/net/ipv4/conf/*/route_localnet", null)];
}

function toMissing(fact: string, reading: Reading<unknown>, fine?: "absent"): Missing[] {
  if (reading.ok || reading.why === fine) return [];
  return [toEntry(fact, reading.why, reading.from, reading.detail ?? null)];
}

function toEntry(fact: string, why: Missing["why"], from: string, detail: string | null): Missing {
  return { fact, why, from, detail: detail === null ? null : toFirstLine(detail) };
}

function toCount(count: number | null): string | null {
  return count === null ? null : String(count);
}
