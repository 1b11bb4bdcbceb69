import { SEVERITIES, type Severity } from "./finding.ts";
import type { VantageName } from "./route.ts";
import type { Server } from "./server.ts";

/** Who may call a server without a credential, as far as that is not ruled out; the furthest of them. */
export type Reach = "outside" | "browser" | "host" | "nobody";

/** A route by which a caller without a credential gets in, or is not ruled out, and its place in the server's list. */
export interface UsableRoute {
  readonly index: number;
  readonly vantage: VantageName;
}

/** Routes that are open, or unknown: what could not be judged is not safe. */
export function toUsableRoutes(server: Server): readonly UsableRoute[] {
  return server.routes.flatMap((route, index) =>
    route.verdict === "open" || route.verdict === "unknown" ? [{ index, vantage: route.from.vantage }] : [],
  );
}

/** The furthest of some vantages. */
export function toReach(vantages: readonly VantageName[]): Reach {
  if (vantages.some((vantage) => vantage !== "host" && vantage !== "browser")) return "outside";
  if (vantages.includes("browser")) return "browser";
  return vantages.includes("host") ? "host" : "nobody";
}

/** Who may call this server. */
export function reachOf(server: Server): Reach {
  return toReach(toUsableRoutes(server).map(({ vantage }) => vantage));
}

/** A severity some steps milder, but never below `low`: what is not worth that is no finding. */
export function soften(severity: Severity, steps: number): Severity {
  const at = Math.min(SEVERITIES.indexOf(severity) + steps, SEVERITIES.indexOf("low"));
  return SEVERITIES[at] ?? "low";
}
