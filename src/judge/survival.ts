import type { Facts } from "../facts/facts.ts";
import type { Judgement } from "../report/report.ts";
import type { Survival, SurvivalReason } from "../verify/proofs.ts";
import { foretellBind } from "./survival-of-bind.ts";
import { foretellRules } from "./survival-of-rules.ts";
import type { Route } from "./route.ts";
import type { Server } from "./server.ts";

export type SurvivalEvent = Survival["event"];

/** What is foretold of one thing that keeps a server closed. */
export interface Foretold {
  readonly holds: boolean | null;
  readonly because: SurvivalReason;
}

/**
 * Whether what is closed now will be closed after something that happens to every host, from what is declared and
 * what is in effect. Only events that can happen to a server are answered; a server that nobody is kept from has
 * nothing to lose.
 */
export function foretell(facts: Facts, judgement: Judgement): readonly Survival[] {
  return judgement.servers.flatMap((server) => {
    const closed = server.routes.filter(isKeptOut);
    const byRules = closed.filter(isHeldByRules);
    const byBind = closed.filter((route) => stoppedBy(route, "bind") && isOwnBind(route));
    return listEvents(facts, server, byRules.length > 0).flatMap((event): readonly Survival[] => {
      const parts = [
        ...(byBind.length > 0 ? [foretellBind(facts, server, event)] : []),
        ...(byRules.length > 0 ? [foretellRules(facts, judgement.findings, byRules, event)] : []),
      ];
      const worst = toWorst(parts);
      return worst === null ? [] : [{ server: server.id, event, ...worst, rehearsed: false }];
    });
  });
}

function listEvents(facts: Facts, { kind, runBy }: Server, isHeld: boolean): readonly SurvivalEvent[] {
  const { containers } = facts;
  const hasDocker =
    containers.ok &&
    [...containers.value.containers, ...containers.value.networks].some(({ engine }) => engine === "docker");
  return [
    ...(runBy.kind === "systemd" ? (["service-restart", "daemon-reload"] as const) : []),
    "reboot",
    ...(isHeld ? (["firewall-reload"] as const) : []),
    ...(hasDocker ? (["docker-restart"] as const) : []),
    ...(kind === "ollama" && runBy.kind === "systemd" && runBy.unit === "ollama.service"
      ? (["vendor-upgrade"] as const)
      : []),
  ];
}

/** Not sure comes before sure, and lost before both. */
function toWorst(parts: readonly Foretold[]): Foretold | null {
  return parts.find(({ holds }) => holds === false) ?? parts.find(({ holds }) => holds === null) ?? parts[0] ?? null;
}

function isKeptOut({ from, verdict }: Route): boolean {
  return verdict === "closed" && from.vantage !== "host" && from.vantage !== "browser";
}

/** The bind of a proxy is not the server's. */
function isOwnBind({ hops }: Route): boolean {
  return hops.every(({ kind }) => kind !== "proxy" && kind !== "tunnel");
}

function isHeldByRules(route: Route): boolean {
  return stoppedBy(route, "firewall") && !stoppedBy(route, "bind") && !stoppedBy(route, "routing");
}

function stoppedBy({ barriers }: Route, kind: Route["barriers"][number]["kind"]): boolean {
  return barriers.some((barrier) => barrier.kind === kind && barrier.stops === true);
}
