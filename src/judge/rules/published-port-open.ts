import type { Facts } from "../../facts/facts.ts";
import type { FindingOf } from "../finding.ts";
import type { Hop } from "../route.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { findUfwClaim } from "../ufw-claim.ts";
import { bindOf, findOpenRoutes, type NumberedRoute } from "./others-routes.ts";

type Published = Extract<Hop, { kind: "published-port" }>;

/** A container's port is published to others, who can call the server in it without a credential. */
export const PUBLISHED_PORT_OPEN: Rule<"published-port-open"> = {
  id: "published-port-open",
  judge: ({ servers, facts }) => servers.flatMap((server) => judgeServer(server, facts)),
};

/** One finding for each port of the container, however many addresses it is published on. */
function judgeServer(server: Server, facts: Facts): FindingOf<"published-port-open">[] {
  const open = findOpenRoutes(server).flatMap((each) => {
    const hop = each.route.hops.find((one) => one.kind === "published-port");
    return hop === undefined ? [] : [{ ...each, hop }];
  });
  const byTarget = Map.groupBy(open, ({ hop }) => `${hop.container} ${hop.to}`);
  return [...byTarget.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [toFinding(server, first.hop, same, facts)];
  });
}

function toFinding(
  server: Server,
  hop: Published,
  open: readonly (NumberedRoute & { readonly hop: Published })[],
  facts: Facts,
): FindingOf<"published-port-open"> {
  const claim = server.runBy.kind === "docker" ? findUfwClaim(facts, new Set(open.map(toPort))) : null;
  const evidence = [...open.flatMap(({ route }) => bindOf(route)?.evidence ?? []), ...(claim?.evidence ?? [])];
  return {
    rule: "published-port-open",
    severity: "critical",
    server: server.id,
    routes: open.map((each) => each.index),
    data: {
      container: hop.container,
      engine: server.runBy.kind,
      published: [...new Set(open.map((each) => each.hop.publishedOn))].join(", "),
      containerPort: Number(hop.to.slice(hop.to.lastIndexOf(":") + 1)),
      passesBy: claim?.command ?? null,
    },
    evidence: [...new Map(evidence.map((each) => [JSON.stringify(each), each])).values()],
  };
}

function toPort({ route }: NumberedRoute): number {
  return route.entry.port;
}
