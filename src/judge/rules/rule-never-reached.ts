import type { Entry } from "../../firewall/partition.ts";
import type { Match } from "../../firewall/rule-set.ts";
import { findUnreached } from "../../firewall/unreached.ts";
import { toDeciderLabel } from "../decider-label.ts";
import { toDeciderTerms } from "../decider-terms.ts";
import { SEVERITIES, type FindingOf } from "../finding.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { portsOf } from "./others-reach.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";
import { findServerDoors } from "./server-doors.ts";

/**
 * Somebody wrote a rule about the server's port, and no new connection ever meets it: an earlier rule takes all that
 * it is about. Whom it was to stop gets in, or whom it was to let in does not.
 */
export const RULE_NEVER_REACHED: Rule<"rule-never-reached"> = {
  id: "rule-never-reached",
  judge: (host) => host.servers.flatMap((server) => judgeServer(host, server)),
};

function judgeServer(host: JudgedHost, server: Server): readonly FindingOf<"rule-never-reached">[] {
  if (!host.ruleSets.ok) return [];
  const ports = new Set(portsOf([server]));
  const found = findUnreached(host.ruleSets.value, findServerDoors(host, server), (rule) => names(rule.matches, ports));
  const findings = found.map(({ rule, behind, stops, entries }): FindingOf<"rule-never-reached"> => {
    const open = stops ? findOpenAt(server, entries) : [];
    const told = [rule, behind].map((decider) => toDeciderTerms(decider, host.facts));
    const [ruleText = "", before = ""] = told.map(({ name, evidence }) => toDeciderLabel(name, evidence.text));
    return {
      rule: "rule-never-reached",
      severity: open.length > 0 ? "high" : "low",
      server: server.id,
      routes: open,
      data: { ruleText, behind: before, stops },
      evidence: told.map(({ evidence }) => evidence),
    };
  });
  // One command of ufw's is a rule for each family.
  const alike = Map.groupBy(findings, ({ data }) => JSON.stringify(data));
  return [...alike.values()].flatMap(join);
}

/** Whether a rule is about one of the ports by itself, not by a range that holds many others. */
function names(matches: readonly Match[], ports: ReadonlySet<number>): boolean {
  return matches.some((match) => {
    if (match.kind === "either") return match.rows.some((row) => names(row, ports));
    if (match.kind !== "port" || match.which === "source" || match.negated) return false;
    return match.ranges.some(({ first, last }) => first === last && ports.has(first));
  });
}

/** The open routes of those who come in there. */
function findOpenAt(server: Server, entries: readonly Entry[]): number[] {
  return findOpenRoutes(server)
    .filter(({ route: { from, entry } }) =>
      entries.some(
        ({ inInterface, destination }) =>
          inInterface === from.interface && destination.address === entry.address && destination.port === entry.port,
      ),
    )
    .map(({ index }) => index);
}

function join(same: readonly FindingOf<"rule-never-reached">[]): readonly FindingOf<"rule-never-reached">[] {
  const severities = new Set(same.map(({ severity }) => severity));
  return same.slice(0, 1).map((first) => ({
    ...first,
    severity: SEVERITIES.find((each) => severities.has(each)) ?? first.severity,
    routes: unique(same.flatMap(({ routes }) => routes)).toSorted((one, other) => one - other),
    evidence: same.flatMap(({ evidence }) => evidence),
  }));
}
