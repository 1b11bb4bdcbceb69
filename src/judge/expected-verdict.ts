import type { Facts } from "../facts/facts.ts";
import { covers, toCanonical, toFamily } from "./addresses.ts";
import { FIRST_QUESTIONS } from "../servers/questions.ts";
import { isRelayName } from "../servers/relays.ts";
import { toRouteVerdict } from "./barriers.ts";
import { SSH_SERVER } from "./run-by.ts";
import type { Route, RouteVerdict } from "./route.ts";
import { tracePacket } from "./trace.ts";

/** Who calls: by which interface of the host, and from which address. */
export interface Caller {
  /** Null: the one by which the host would answer. */
  readonly interface: string | null;
  readonly source: string;
}

/** From worst to best. */
const WORST_FIRST: readonly RouteVerdict[] = ["open", "unknown", "guarded", "closed"];

/**
 * What the judge says of one call to one address and port of the host, from the routes to a server that were judged
 * from the same facts. An address that no route names (a listener on every address has one route for each interface)
 * is followed through the rules by itself; all else that stands before the server is the same there.
 */
export function expectVerdict(
  facts: Facts,
  routes: readonly Route[],
  caller: Caller,
  to: Route["entry"],
): RouteVerdict {
  const all = routes.filter((route) => isCallers(route, caller) && isSameDoor(route, to));
  // The internet's sources are written so that they hold the neighbours too, who have routes of their own.
  const beside = all.filter(({ from }) => from.vantage !== "internet");
  const near = beside.length > 0 ? beside : all;
  const exact = near.filter(({ entry }) => toCanonical(entry.address) === toCanonical(to.address));
  if (exact.length > 0) return toWorst(exact.map(({ verdict }) => verdict));
  const closed = near.every(({ barriers }) => barriers.some(isLastWord));
  const traced = tracePacket(facts, { ...caller, ...to });
  if (!traced.ok) return closed ? "closed" : "unknown";
  const { verdict, arrival, answer } = traced.trace;
  if (verdict === "stopped") return "closed";
  if (verdict === "undecidable" || arrival === null) return closed ? "closed" : "unknown";
  if (arrival.listens.kind === "nobody") return "closed";
  if (arrival.listens.kind === "unknown" || answer !== null || near.length === 0) return "unknown";
  return toWorst(near.map(({ barriers }) => toRouteVerdict(barriers.filter((each) => !isOfAddress(each)))));
}

function isCallers({ from }: Route, caller: Caller): boolean {
  if (caller.interface !== null && from.interface !== caller.interface) return false;
  const isMeant = (cidr: string): boolean => covers(cidr, caller.source);
  return from.sources.some(isMeant) && !from.except.some(isMeant);
}

function isSameDoor({ entry, hops }: Route, to: Route["entry"]): boolean {
  return hops.every(isKnock) && entry.port === to.port && toFamily(entry.address) === toFamily(to.address);
}

/** Somebody who knows nothing but address and port comes this way. */
export function isKnock(hop: Route["hops"][number]): boolean {
  // A relay answers for itself.
  if (hop.kind === "proxy" && isRelayName(hop.name)) return false;
  if (hop.kind === "proxy") return hop.serverNames.length === 0 && isAskedPath(hop.paths);
  if (hop.kind === "tunnel") return hop.name === SSH_SERVER;
  return hop.kind !== "container-address";
}

/** Among the paths is one that every listener is asked for. */
function isAskedPath(paths: readonly string[]): boolean {
  return paths.length === 0 || FIRST_QUESTIONS.some(({ path }) => paths.includes(`= ${path}`));
}

/** Stops whoever it is, whatever the rules say. */
function isLastWord({ kind, stops, why }: Route["barriers"][number]): boolean {
  return stops === true && ((kind === "bind" && why === "loopback-only") || kind === "routing");
}

/** The rules and the socket were asked anew for this address. */
function isOfAddress({ kind }: Route["barriers"][number]): boolean {
  return kind === "firewall" || kind === "bind";
}

function toWorst(verdicts: readonly RouteVerdict[]): RouteVerdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? "unknown";
}
