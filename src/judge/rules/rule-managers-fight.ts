import type { Evidence } from "../../facts/evidence.ts";
import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import type { Replacement, RuleLoader } from "../../facts/rule-loaders.ts";
import type { FindingOf, ManagerName } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { isHeldByRules } from "./others-reach.ts";

interface Victim {
  readonly name: ManagerName;
  readonly evidence: Evidence;
}

/**
 * Two managers write rules on one host, and one takes away the other's: nftables.service and netfilter-persistent
 * whenever they start, ufw and firewalld each with rules that the other does not know of.
 */
export const RULE_MANAGERS_FIGHT: Rule<"rule-managers-fight"> = {
  id: "rule-managers-fight",
  judge: (host) => {
    const { managers, containers } = host.facts;
    if (host.servers.length === 0 || managers === undefined) return [];
    const severity = isHeldByRules(host) ? "high" : "medium";
    const runsContainers = containers.ok && containers.value.containers.some(({ engine }) => engine === "docker");
    const victims = findVictims(managers, runsContainers);
    const found = [...findLoaders(managers, victims), ...findBoth(victims)];
    return found.map(({ data, evidence }): FindingOf<"rule-managers-fight"> => {
      return { rule: "rule-managers-fight", severity, server: null, routes: [], data, evidence };
    });
  },
};

type Fight = Pick<FindingOf<"rule-managers-fight">, "data" | "evidence">;

/** Those whose rules are there now and can be lost. */
function findVictims({ ufw, firewalld, docker }: FirewallManagers, runsContainers: boolean): readonly Victim[] {
  const victims: Victim[] = [];
  const [switchedOn] = ufw.ok && ufw.value.enabled === true ? ufw.value.evidence : [];
  if (switchedOn !== undefined) victims.push({ name: "ufw", evidence: switchedOn });
  if (firewalld.ok && firewalld.value.running === true) {
    const evidence = { from: "systemctl show firewalld.service", text: "ActiveState=active" };
    victims.push({ name: "firewalld", evidence });
  }
  if (docker.ok && docker.value.iptables !== false && runsContainers) {
    victims.push({ name: "docker", evidence: docker.value.evidence[0] ?? { from: docker.from, text: "dockerd" } });
  }
  return victims;
}

function findLoaders({ loaders }: FirewallManagers, victims: readonly Victim[]): readonly Fight[] {
  if (!loaders.ok) return [];
  return loaders.value.flatMap((loader): readonly Fight[] => {
    const { startedBy, unit } = loader;
    if (startedBy === null) return [];
    const lost = victims.filter(({ name }) => takesFrom(loader, name));
    const [first] = loader.replaces;
    if (lost.length === 0 || first === undefined) return [];
    const evidence = [startedBy, first.evidence, ...lost.map((victim) => victim.evidence)];
    return [{ data: { by: unit, of: lost.map(({ name }) => name), flushes: first.what === "everything" }, evidence }];
  });
}

/** iptables-restore takes away tables of iptables only; firewalld keeps its rules in one of nftables. */
function takesFrom({ replaces }: RuleLoader, victim: ManagerName): boolean {
  const tables = replaces.map(({ what }): Replacement["what"] => what);
  if (tables.includes("everything")) return true;
  if (victim === "firewalld") return false;
  return tables.includes("filter") || (victim === "docker" && tables.includes("nat"));
}

function findBoth(victims: readonly Victim[]): readonly Fight[] {
  const [ufw, firewalld] = [
    victims.find(({ name }) => name === "ufw"),
    victims.find(({ name }) => name === "firewalld"),
  ];
  if (ufw === undefined || firewalld === undefined) return [];
  return [{ data: { by: "ufw", of: ["firewalld"], flushes: false }, evidence: [ufw.evidence, firewalld.evidence] }];
}
