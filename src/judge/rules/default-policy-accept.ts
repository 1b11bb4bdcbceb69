import type { Evidence } from "../../facts/evidence.ts";
import { toAuthority } from "../authentication.ts";
import { toDeciderLabel } from "../decider-label.ts";
import type { FindingOf } from "../finding.ts";
import type { Route } from "../route.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";
import { findForgottenRoutes, isLetInByPolicy } from "./forgotten-routes.ts";
import { UFW_INACTIVE } from "./ufw-inactive.ts";

/**
 * A packet filter is set up, and the server is open through it: no rule stops others at its port, and the policy of
 * the chain lets in what no rule stops. Where rules were only forgotten for one address family, or ufw has them and is
 * off, that is told instead; ports that are published or sent on have rules of their own.
 */
export const DEFAULT_POLICY_ACCEPT: Rule<"default-policy-accept"> = {
  id: "default-policy-accept",
  judge: (host) => (UFW_INACTIVE.judge(host).length > 0 ? [] : host.servers.flatMap(judgeServer)),
};

function judgeServer(server: Server): readonly FindingOf<"default-policy-accept">[] {
  const forgotten = new Set(findForgottenRoutes(server).map(({ index }) => index));
  const open = findOpenRoutes(server).filter(({ route, index }) => isPlain(route) && !forgotten.has(index));
  const found = open.flatMap(({ route, index }) => {
    const policy = isLetInByPolicy(route) ? findPolicy(route) : null;
    return policy === null ? [] : [{ index, entry: toAuthority(route.entry.address, route.entry.port), ...policy }];
  });
  if (found.length === 0) return [];
  const evidence = found.flatMap((each) => each.evidence ?? []);
  return [
    {
      rule: "default-policy-accept",
      severity: "medium",
      server: server.id,
      routes: found.map(({ index }) => index),
      data: { policies: unique(found.map(({ label }) => label)), entries: unique(found.map(({ entry }) => entry)) },
      evidence: [...new Map(evidence.map((each) => [JSON.stringify(each), each])).values()],
    },
  ];
}

/** Straight to a socket of the host, from another machine. */
function isPlain({ from, hops }: Route): boolean {
  return from.vantage !== "container" && hops.every(({ kind }) => kind === "direct");
}

/** The policy that lets a route in; null where no chain that filters stands in its way. */
function findPolicy({ barriers }: Route): { readonly label: string; readonly evidence: Evidence | null } | null {
  const barrier = barriers.find(({ kind }) => kind === "firewall");
  if (barrier?.by === undefined) return null;
  // Chains that translate addresses have a policy too, which stops nobody.
  if (barrier.by.name.kind === "policy" && barrier.by.name.table.endsWith(" nat")) return null;
  return { label: toDeciderLabel(barrier.by.name, barrier.evidence?.text ?? ""), evidence: barrier.evidence };
}
