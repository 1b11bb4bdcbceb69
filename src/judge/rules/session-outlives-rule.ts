import type { Network } from "../../facts/interfaces.ts";
import type { Session } from "../../facts/sessions.ts";
import { parseAddress } from "../../firewall/address.ts";
import { evaluate } from "../../firewall/evaluate.ts";
import type { ChainDecider, Partition } from "../../firewall/partition.ts";
import { findReplyStopper, findRequestStopper } from "../../firewall/reply.ts";
import type { RuleSet } from "../../firewall/rule-set.ts";
import { containsAddress } from "../../firewall/source-set.ts";
import { covers, isLoopback, toCanonical, toFamily, type Family } from "../addresses.ts";
import { toAuthority } from "../authentication.ts";
import { toDeciderLabel } from "../decider-label.ts";
import { toDeciderTerms } from "../decider-terms.ts";
import type { FindingOf } from "../finding.ts";
import { toEntry } from "../firewall-entry.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findWayBack } from "../way-back.ts";
import { portsOf } from "./others-reach.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";

/**
 * Somebody whom the rules let begin no connection any more stands connected still: he came before the rule, and rules
 * that let pass what is established let him go on. Seen are the sockets of the host itself; those of a container in a
 * network of its own are not.
 */
export const SESSION_OUTLIVES_RULE: Rule<"session-outlives-rule"> = {
  id: "session-outlives-rule",
  judge: (host) => host.servers.flatMap((server) => judgeServer(host, server)),
};

interface Survivor {
  readonly session: Session;
  readonly by: ChainDecider;
  /** Whether its packets surely pass, both ways. */
  readonly goesOn: boolean;
}

function judgeServer(host: JudgedHost, server: Server): readonly FindingOf<"session-outlives-rule">[] {
  const survivors = findSurvivors(host, server).map((each) => {
    const { name, evidence } = toDeciderTerms(each.by, host.facts);
    return { ...each, label: toDeciderLabel(name, evidence.text), evidence };
  });
  const alike = Map.groupBy(survivors, ({ label, goesOn }) => `${goesOn} ${label}`);
  return [...alike.values()].flatMap((same): readonly FindingOf<"session-outlives-rule">[] => {
    const [first] = same;
    if (first === undefined) return [];
    const { goesOn, label } = first;
    const sessions = same.slice(0, MOST_TOLD).map(({ session: { peer, address, port } }) => {
      return { from: "ss -H -tn state established", text: `${toAuthority(address, port)} from ${peer}` };
    });
    return [
      {
        rule: "session-outlives-rule",
        severity: goesOn ? "high" : "low",
        server: server.id,
        routes: [],
        data: { sources: unique(same.map(({ session }) => session.peer)), by: label, goesOn },
        evidence: [first.evidence, ...sessions],
      },
    ];
  });
}

/** Connections named as evidence. */
const MOST_TOLD = 8;

function findSurvivors({ facts, ruleSets }: JudgedHost, server: Server): readonly Survivor[] {
  const network = facts.networks.find((each) => each.own);
  if (network === undefined || !ruleSets.ok || facts.sessions?.ok !== true) return [];
  const ports = new Set(portsOf([server]));
  const asked = new Map<string, Partition | null>();
  return facts.sessions.value.sessions.flatMap((session): readonly Survivor[] => {
    const { peer, address, port } = session;
    const family = toFamily(peer);
    if (family === null || !ports.has(port) || isOwn(network, peer) || mayComeAnyway(server, peer)) return [];
    const link = session.interface ?? findWayBack(network, family, peer)?.interface;
    if (link === undefined) return [];
    const key = JSON.stringify([link, address, port]);
    const door = { family, interface: link, address, port };
    const partition = asked.get(key) ?? judgeDoor(ruleSets.value, network, door);
    asked.set(key, partition);
    const by = partition === null ? null : findStopper(partition, peer);
    return by === null ? [] : [{ session, by, goesOn: goesOn(ruleSets.value, family, link, port) }];
  });
}

function isOwn({ interfaces }: Network, peer: string): boolean {
  if (isLoopback(peer) || !interfaces.ok) return true;
  const own = interfaces.value.flatMap(({ addresses }) => addresses);
  return own.some(({ address }) => toCanonical(address) === toCanonical(peer));
}

/** Whether he gets in by some other door: nothing is cut off then. */
function mayComeAnyway(server: Server, peer: string): boolean {
  return findOpenRoutes(server).some(({ route: { from } }) => {
    const isIn = (cidrs: readonly string[]): boolean => cidrs.some((cidr) => covers(cidr, peer));
    return isIn(from.sources) && !isIn(from.except);
  });
}

function judgeDoor(
  ruleSets: readonly RuleSet[],
  network: Network,
  door: Parameters<typeof toEntry>[1],
): Partition | null {
  const entry = toEntry(network, door);
  return entry === null ? null : evaluate(ruleSets, entry);
}

/** The rule or the policy that stops whoever calls from there now. */
function findStopper({ stopped }: Partition, peer: string): ChainDecider | null {
  const value = parseAddress(peer)?.value;
  if (value === undefined) return null;
  const by = stopped.find(({ sources }) => containsAddress(sources, value))?.by;
  return by?.kind === "rule" || by?.kind === "policy" ? by : null;
}

function goesOn(ruleSets: readonly RuleSet[], family: Family, link: string, port: number): boolean {
  const reply = { family, hook: "input", inInterface: null, outInterface: link, port } as const;
  const request = { family, inInterface: link, port };
  return findRequestStopper(ruleSets, request) === null && findReplyStopper(ruleSets, reply) === null;
}
