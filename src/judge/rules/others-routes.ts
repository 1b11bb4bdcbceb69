import type { Barrier, Route } from "../route.ts";
import type { Server } from "../server.ts";

/** A route with its index among the routes of its server, as findings name it. */
export interface NumberedRoute {
  readonly route: Route;
  readonly index: number;
}

/** The open routes of everybody who is not on the host. */
export function findOpenRoutes(server: Server): NumberedRoute[] {
  return server.routes
    .map((route, index) => ({ route, index }))
    .filter(({ route }) => route.verdict === "open" && isFromOutside(route));
}

function isFromOutside({ from }: Route): boolean {
  return from.vantage !== "host" && from.vantage !== "browser";
}

/** What the bind makes of a route. */
export function bindOf({ barriers }: Route): Barrier | null {
  return barriers.find((barrier) => barrier.kind === "bind") ?? null;
}

/** The distinct values, in order. */
export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
