import type { Route } from "../route.ts";
import type { JudgedHost } from "../rule.ts";
import type { Server } from "../server.ts";
import { findOpenRoutes, unique } from "./others-routes.ts";

/** Ports by which servers are reached: of the host, and behind them, as Docker's rules name those of containers. */
export function portsOf(servers: readonly Server[]): readonly number[] {
  return unique(
    servers.flatMap(({ listeners, routes }) => [
      ...listeners.map(({ port }) => port),
      ...routes.map(({ entry }) => entry.port),
    ]),
  );
}

/** Whether somebody who is not on the host uses a server without a credential. */
export function isOpenToOthers({ servers }: Pick<JudgedHost, "servers">): boolean {
  return servers.some((server) => findOpenRoutes(server).length > 0);
}

/** Whether rules keep somebody from a server who gets in without them: the next change of them matters. */
export function isHeldByRules({ servers }: Pick<JudgedHost, "servers">): boolean {
  return servers.some(({ routes }) => routes.some(isStoppedByRulesAlone));
}

/** Whether a route would be open but for rules. */
export function isStoppedByRulesAlone({ barriers }: Route): boolean {
  const stopping = barriers.filter(({ stops }) => stops === true);
  return stopping.length > 0 && stopping.every(({ kind }) => kind === "firewall");
}
