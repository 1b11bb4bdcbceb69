import { toAuthority } from "../authentication.ts";
import { toFamily, type Family } from "../addresses.ts";
import { toDeciderLabel } from "../decider-label.ts";
import type { FindingOf } from "../finding.ts";
import type { Barrier } from "../route.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findForgottenRoutes, findStoppedByOtherFamily } from "./forgotten-routes.ts";
import { unique } from "./others-routes.ts";

/** Rules keep somebody out by one address family, and by the other he gets in, because there no rule is about the port. */
export const RULE_FOR_ONE_FAMILY: Rule<"rule-for-one-family"> = {
  id: "rule-for-one-family",
  judge: ({ servers }) =>
    servers.flatMap((server) => ([4, 6] as const).flatMap((family) => judgeFamily(server, family))),
};

function judgeFamily(server: Server, family: Family): readonly FindingOf<"rule-for-one-family">[] {
  const open = findForgottenRoutes(server).filter(({ route }) => toFamily(route.entry.address) !== family);
  const stopping = open.flatMap(({ route }) => findStoppedByOtherFamily(server, route));
  const [first] = stopping.flatMap(({ barriers }) => findByRules(barriers) ?? []);
  if (first === undefined) return [];
  const evidence = stopping.flatMap(({ barriers }) => findByRules(barriers)?.evidence ?? []);
  return [
    {
      rule: "rule-for-one-family",
      severity: "high",
      server: server.id,
      routes: open.map(({ index }) => index),
      data: {
        family,
        by: toDeciderLabel(first.by.name, first.evidence?.text ?? ""),
        entries: unique(open.map(({ route: { entry } }) => toAuthority(entry.address, entry.port))),
      },
      evidence: [...new Map(evidence.map((each) => [JSON.stringify(each), each])).values()],
    },
  ];
}

/** The rule or the policy that stops a route; null where none does. */
function findByRules(barriers: readonly Barrier[]): (Barrier & Required<Pick<Barrier, "by">>) | null {
  for (const barrier of barriers) {
    if (barrier.kind === "firewall" && barrier.stops === true && barrier.by !== undefined) {
      return { ...barrier, by: barrier.by };
    }
  }
  return null;
}
