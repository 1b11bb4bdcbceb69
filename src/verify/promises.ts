import { covers, overlaps } from "../judge/addresses.ts";
import type { Route, Vantage } from "../judge/route.ts";
import type { Claim, Plan } from "../plan/plan.ts";
import type { Judgement } from "../report/report.ts";
import type { TriedConnection } from "./proofs.ts";

/** What of a plan's promises is not so, as the host is now. */
export interface BrokenPromises {
  /** Entries by which others still get in, or may: each once. */
  readonly open: readonly Route["entry"][];
  /** Servers of the plan that no longer answer the host's own programs. */
  readonly mute: readonly string[];
}

/**
 * Holds what a plan said it would close against the host as it is judged now, and against connections that were really
 * made. A route that is not known to be closed counts as open unless connections were refused there; a server that
 * answered its own host and does not any more counts too.
 */
export function findBrokenPromises(
  plan: Pick<Plan, "claims">,
  { servers }: Pick<Judgement, "servers">,
  proofs: readonly TriedConnection[],
): BrokenPromises {
  const routes = servers.flatMap((server) => server.routes);
  const broken = plan.claims.filter(
    (claim) => routes.some((route) => breaks(route, claim, proofs)) || wasLetIn(claim, proofs),
  );
  const ports = new Set(plan.claims.map(({ entry }) => entry.port));
  const own = proofs.filter(({ place, to }) => place.kind === "host" && ports.has(to.port));
  return {
    open: [...new Map(broken.map(({ entry }) => [`${entry.address} ${entry.port}`, entry])).values()],
    mute: [...new Set(own.filter(({ agrees }) => !agrees).map(({ server }) => server))],
  };
}

function breaks({ from, entry, verdict }: Route, claim: Claim, proofs: readonly TriedConnection[]): boolean {
  if (verdict !== "open" && verdict !== "unknown") return false;
  const isSame =
    isSamePlace(entry, claim.entry) && from.vantage === claim.from.vantage && sharesSources(from, claim.from);
  if (!isSame) return false;
  return verdict === "open" || !isRefused(claim, proofs);
}

/**
 * Somebody of the claimed sources was served whom the judge says to be kept out. A guest who comes in by an interface
 * of his own, which the rules let in, says nothing about the others.
 */
function wasLetIn(claim: Claim, proofs: readonly TriedConnection[]): boolean {
  return triesOf(claim, proofs).some(({ verdict, expected }) => verdict === "open" && expected !== "open");
}

function isRefused(claim: Claim, proofs: readonly TriedConnection[]): boolean {
  const tries = triesOf(claim, proofs);
  return tries.length > 0 && tries.every(({ verdict }) => verdict === "closed" || verdict === "guarded");
}

/** Tries from places like the claimed one: a stranger stands for the internet, a neighbour for those on a link. */
function triesOf({ from, entry }: Claim, proofs: readonly TriedConnection[]): readonly TriedConnection[] {
  return proofs.filter(
    ({ place, to }) =>
      isSamePlace(to, entry) &&
      (place.kind === "ssh" ||
        (place.kind === "namespace" && (place.as === "stranger") === (from.vantage === "internet"))) &&
      !(place.kind === "namespace" && from.except.some((each) => covers(each, place.source))),
  );
}

function isSamePlace(one: Route["entry"], other: Route["entry"]): boolean {
  return one.address === other.address && one.port === other.port;
}

function sharesSources(one: Vantage, other: Vantage): boolean {
  if (one.interface !== other.interface) return false;
  if (one.sources.length === 0 && other.sources.length === 0) return true;
  return one.sources.some(
    (source) =>
      other.sources.some((each) => overlaps(source, each)) && !other.except.some((each) => covers(each, source)),
  );
}
