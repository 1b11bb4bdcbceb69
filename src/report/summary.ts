import type { Barrier, Route, RouteVerdict } from "../judge/route.ts";
import type { Server } from "../judge/server.ts";
import type { ServerKindId } from "../servers/server-kind.ts";
import type { HostVerdict, Report } from "./report.ts";

/** Who gets through, over all routes of one verdict. */
export interface Audience {
  /** `as-far-as-seen`: nothing on this host stops them, and what stands in front of it cannot be seen. */
  readonly internet: "no" | "yes" | "as-far-as-seen";
  /** Networks of the neighbours, CIDR. */
  readonly neighbours: readonly string[];
  readonly containers: boolean;
}

/** What the first sentence of a report says, before any words. */
export interface Summary {
  readonly verdict: HostVerdict;
  /** The first server that has the host's verdict; null where there is none. */
  readonly server: {
    readonly kind: ServerKindId;
    readonly version: string | null;
    readonly ports: readonly number[];
  } | null;
  /** How many more servers have the same verdict. */
  readonly others: number;
  /** For `exposed`: of the open routes. For `guarded`: of the guarded ones. */
  readonly audience: Audience;
  /** For `unknown`: what could not be told about the server's routes. */
  readonly unknown: readonly Pick<Barrier, "kind" | "why">[];
  /** Names of the facts that could not be read. */
  readonly missing: readonly string[];
}

/** The few things a reader must know first. */
export function toSummary(report: Report): Summary {
  const same = report.servers.filter((server) => server.verdict === report.verdict);
  const [server] = same;
  const routes = server?.routes ?? [];
  return {
    verdict: report.verdict,
    server:
      server === undefined
        ? null
        : { kind: server.kind, version: server.version, ports: toPorts(server, report.verdict) },
    others: Math.max(0, same.length - 1),
    audience: toAudience(routes, report.verdict === "guarded" ? "guarded" : "open"),
    unknown: toUnknown(routes),
    missing: unique(report.missing.map((missing) => missing.fact)),
  };
}

/** The ports that the sentence is about: of an exposed server those that are open, not those that are guarded. */
function toPorts(server: Server, verdict: HostVerdict): number[] {
  const reached = server.routes.filter((route) => route.verdict !== "closed" && !isOnHost(route));
  const told = reached.filter((route) => route.verdict === (verdict === "exposed" ? "open" : route.verdict));
  const ports = told.map((route) => route.entry.port);
  return unique(ports.length > 0 ? ports : server.listeners.map((listener) => listener.port));
}

function toAudience(routes: readonly Route[], verdict: RouteVerdict): Audience {
  const through = routes.filter((route) => route.verdict === verdict);
  const internet = through.filter((route) => route.from.vantage === "internet");
  return {
    internet: internet.length === 0 ? "no" : internet.every((route) => route.upstreamUnseen) ? "as-far-as-seen" : "yes",
    neighbours: unique(
      through.filter((route) => route.from.vantage === "neighbour").flatMap((route) => route.from.sources),
    ),
    containers: through.some((route) => route.from.vantage === "container"),
  };
}

function toUnknown(routes: readonly Route[]): Pick<Barrier, "kind" | "why">[] {
  const unknown = routes
    .filter((route) => route.verdict === "unknown" && !isOnHost(route))
    .flatMap((route) => route.barriers)
    .filter((barrier) => barrier.stops === null);
  return [...new Map(unknown.map(({ kind, why }) => [`${kind} ${why}`, { kind, why }])).values()];
}

function isOnHost(route: Route): boolean {
  return route.from.vantage === "host" || route.from.vantage === "browser";
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
