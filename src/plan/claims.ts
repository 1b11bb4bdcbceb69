import type { Facts } from "../facts/facts.ts";
import type { RuleId } from "../judge/finding.ts";
import { judge } from "../judge/judge.ts";
import type { Route } from "../judge/route.ts";
import { findOpenRoutes, type NumberedRoute } from "../judge/rules/others-routes.ts";
import type { Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import type { Claim, Leave } from "./plan.ts";
import { predictFacts, type Move } from "./predict.ts";

/** What a plan says it closes, and what stays open all the same. */
export interface Outcome {
  readonly claims: readonly Claim[];
  readonly leaves: readonly Leave[];
}

/** Rules that say why a way in is open. */
const CAUSES: ReadonlySet<RuleId> = new Set<RuleId>([
  "open-bind",
  "published-port-open",
  "container-address-open",
  "open-to-containers",
  "forwarded-port-open",
  "reached-from-other-interface",
  "loopback-routed-in",
]);

/**
 * Judges the host as it will be, by the judge that found the open routes: a route is claimed only where that one
 * finds it closed, or gone. Routes to a moved server that stay open are left to other steps, each under the rule
 * that tells of it.
 */
export function toOutcome(facts: Facts, judgement: Judgement, moves: readonly Move[], flag: string | null): Outcome {
  if (moves.length === 0) return { claims: [], leaves: [] };
  const after = judge(predictFacts(facts, moves)).servers;
  const outcomes = moves.map(({ server }) => toOutcomeOf(server, judgement, after, flag));
  return { claims: outcomes.flatMap(({ claims }) => claims), leaves: outcomes.flatMap(({ leaves }) => leaves) };
}

function toOutcomeOf(server: Server, judgement: Judgement, after: readonly Server[], flag: string | null): Outcome {
  const moved = after.find((each) => each.process !== null && each.process.pid === server.process?.pid);
  const left = moved?.routes.filter(({ verdict }) => verdict !== "closed");
  const open = findOpenRoutes(server);
  // One that the judge does not find again is none about which anything could be claimed.
  const staying = open.filter(({ route }) => left === undefined || left.some((other) => isSameWay(route, other)));
  const closed = open.filter((each) => !staying.includes(each));
  return {
    claims: closed.map(({ route: { from, entry } }) => ({ server: server.id, from, entry })),
    leaves: leaveRoutes(server, judgement, staying, flag),
  };
}

function isSameWay(one: Route, other: Route): boolean {
  return (
    one.from.vantage === other.from.vantage &&
    one.from.interface === other.from.interface &&
    one.entry.address === other.entry.address &&
    one.entry.port === other.entry.port
  );
}

/**
 * Routes that stay open, each rule that tells of them once.
 *
 * @param flag what may close them, or null where nothing that is known does
 */
export function leaveRoutes(
  server: Server,
  { findings }: Pick<Judgement, "findings">,
  staying: readonly NumberedRoute[],
  flag: string | null,
): readonly Leave[] {
  const rules = staying.map(
    ({ index }) =>
      findings.find((each) => CAUSES.has(each.rule) && each.server === server.id && each.routes.includes(index))
        ?.rule ?? null,
  );
  return [...new Set(rules)].map((rule) => ({
    server: server.id,
    rule,
    why: flag === null ? { code: "no-safe-change" } : { code: "not-asked", flag },
  }));
}
