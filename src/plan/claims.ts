import type { RuleId } from "../judge/finding.ts";
import { findOpener } from "../judge/proxies/opener.ts";
import type { Route } from "../judge/route.ts";
import { findOpenRoutes, type NumberedRoute } from "../judge/rules/others-routes.ts";
import type { Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import { isAllowed } from "./firewall-closing.ts";
import type { Claim, Leave } from "./plan.ts";

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
  "proxy-without-auth",
  "tunnel-without-auth",
]);

/** A host as it will be, by the judge that found the open routes. */
export interface Ahead {
  readonly servers: readonly Server[];
  /** Sources that are meant to get through, CIDR. */
  readonly allow: readonly string[];
  /** What may close what stays open; null where nothing that is known does. */
  readonly flag: string | null;
}

/**
 * What becomes of the open routes of the servers that steps touch. A route is claimed only where the judge finds it
 * closed, or gone; where rules tell its sources apart, the part that is closed. Routes that stay open are left to other
 * steps, each under the rule that tells of it; those of allowed sources go without saying.
 */
export function toOutcome(judgement: Judgement, touched: readonly Server[], ahead: Ahead): Outcome {
  const outcomes = touched.map((server) => toOutcomeOf(server, judgement, ahead));
  return { claims: outcomes.flatMap(({ claims }) => claims), leaves: outcomes.flatMap(({ leaves }) => leaves) };
}

function toOutcomeOf(server: Server, judgement: Judgement, { servers, allow, flag }: Ahead): Outcome {
  const after = servers.find((each) => isSameServer(each, server));
  const ways = findOpenRoutes(server).map((numbered) => ({
    numbered,
    ahead: after?.routes.filter((other) => isSameWay(numbered.route, other)) ?? null,
  }));
  // One that the judge does not find again is none about which anything could be claimed.
  const staying = ways.filter(
    ({ ahead }) => ahead === null || ahead.some((each) => each.verdict !== "closed" && !isAllowed(each, allow)),
  );
  const closed = ways.flatMap(({ numbered, ahead }) => (ahead === null ? [] : toClosed(numbered.route, ahead)));
  const claims = closed.map(({ from, entry }) => ({ server: server.id, from, entry }));
  return {
    claims: [...new Map(claims.map((claim) => [JSON.stringify(claim), claim])).values()],
    leaves: leaveRoutes(
      server,
      judgement,
      staying.map(({ numbered }) => numbered),
      flag,
    ),
  };
}

/** The parts of a route that will be closed. */
function toClosed(route: Route, ahead: readonly Route[]): readonly Pick<Route, "from" | "entry">[] {
  return ahead.length === 0 ? [route] : ahead.filter(({ verdict }) => verdict === "closed");
}

function isSameServer(one: Server, other: Server): boolean {
  return other.process === null ? one.id === other.id : one.process?.pid === other.process.pid;
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
  const causes = staying.map(
    ({ index }) =>
      findings.find((each) => CAUSES.has(each.rule) && each.server === server.id && each.routes.includes(index)) ??
      null,
  );
  return [...new Set(causes)].map((finding) => {
    const opener = finding === null ? null : findOpener(finding);
    const rule = finding?.rule ?? null;
    if (opener !== null) return { server: server.id, rule, why: { code: "opened-by", ...opener } };
    return { server: server.id, rule, why: flag === null ? { code: "no-safe-change" } : { code: "not-asked", flag } };
  });
}
