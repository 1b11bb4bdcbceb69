import type { UfwRule } from "../../facts/ufw.ts";
import type { FindingOf, Severity } from "../finding.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { isAboutPorts } from "../ufw-claim.ts";
import { isOpenToOthers, portsOf } from "./others-reach.ts";
import { findOpenRoutes } from "./others-routes.ts";

/**
 * Somebody gave ufw rules and it is off: none of them is loaded, whatever they say. Told once; of a server whose
 * port they name, where there is one, else of the host.
 */
export const UFW_INACTIVE: Rule<"ufw-inactive"> = {
  id: "ufw-inactive",
  judge: (host) => {
    const { managers } = host.facts;
    if (host.servers.length === 0 || managers?.ufw.ok !== true) return [];
    const { enabled, rules, evidence } = managers.ufw.value;
    if (enabled !== false || !rules.ok || rules.value.length === 0) return [];
    const incoming = rules.value.filter(({ direction }) => direction === "in");
    const [first] = rules.value;
    const named = incoming.find((rule) => host.servers.some((server) => isAbout(rule, server)));
    const server = named === undefined ? undefined : host.servers.find((each) => isAbout(named, each));
    const finding: FindingOf<"ufw-inactive"> = {
      rule: "ufw-inactive",
      severity: toSeverity(host, named),
      server: server?.id ?? null,
      routes: server === undefined ? [] : findOpenRoutes(server).map(({ index }) => index),
      data: {
        rules: new Set(rules.value.map(({ command }) => command)).size,
        command: named?.command ?? null,
      },
      evidence: [...evidence.slice(0, 1), ...[named ?? first].flatMap((rule) => rule?.evidence ?? [])],
    };
    return [finding];
  },
};

function isAbout(rule: UfwRule, server: Server): boolean {
  return isAboutPorts(rule, new Set(portsOf([server])));
}

function toSeverity(host: JudgedHost, named: UfwRule | undefined): Severity {
  if (!isOpenToOthers(host)) return "low";
  return named === undefined ? "medium" : "high";
}
