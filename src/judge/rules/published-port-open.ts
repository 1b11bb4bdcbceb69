import type { FindingOf } from "../finding.ts";
import type { Hop } from "../route.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { bindOf, findOpenRoutes, type NumberedRoute } from "./others-routes.ts";

type Published = Extract<Hop, { kind: "published-port" }>;

/** A container's port is published to others, who can call the server in it without a credential. */
export const PUBLISHED_PORT_OPEN: Rule<"published-port-open"> = {
  id: "published-port-open",
  judge: ({ servers }) => servers.flatMap((server) => judgeServer(server)),
};

/** One finding for each port of the container, however many addresses it is published on. */
function judgeServer(server: Server): FindingOf<"published-port-open">[] {
  const open = findOpenRoutes(server).flatMap((each) => {
    const hop = each.route.hops.find((one) => one.kind === "published-port");
    return hop === undefined ? [] : [{ ...each, hop }];
  });
  const byTarget = Map.groupBy(open, ({ hop }) => `${hop.container} ${hop.to}`);
  return [...byTarget.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [toFinding(server, first.hop, same)];
  });
}

function toFinding(
  server: Server,
  hop: Published,
  open: readonly (NumberedRoute & { readonly hop: Published })[],
): FindingOf<"published-port-open"> {
  const evidence = open.flatMap(({ route }) => bindOf(route)?.evidence ?? []);
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
    },
    evidence: [...new Map(evidence.map((each) => [JSON.stringify(each), each])).values()],
  };
}
