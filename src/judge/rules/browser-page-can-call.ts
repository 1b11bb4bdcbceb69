import { admitsAnyOrigin } from "../../servers/ollama/browser-checks.ts";
import type { FindingOf } from "../finding.ts";
import type { Barrier, Route } from "../route.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import type { NumberedRoute } from "./others-routes.ts";

/**
 * A web page open on this host can call the server. Left to other rules where the cause is theirs: a server that
 * is exposed anyway has its Host check off because of where it listens, and an OLLAMA_ORIGINS that admits every
 * page is told as such.
 */
export const BROWSER_PAGE_CAN_CALL: Rule<"browser-page-can-call"> = {
  id: "browser-page-can-call",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"browser-page-can-call">[] => {
      if (server.verdict === "exposed") return [];
      const open = server.routes
        .map((route, index) => ({ route, index }))
        .filter(({ route }) => route.from.vantage === "browser" && route.verdict === "open" && isStraight(route));
      const byHost = open.filter(({ route }) => checkOf(route, "host-check")?.stops === false);
      const off = byHost.filter(({ route }) => checkOf(route, "host-check")?.why === "check-off-on-this-address");
      if (off.length > 0) return [toFinding(server, "host-check-off", byHost)];
      if (byHost.length > 0) return [toFinding(server, "no-host-check", byHost)];
      return open.length > 0 && !hasAnyOrigin(server) ? [toFinding(server, "any-origin", open)] : [];
    }),
};

function toFinding(
  server: Server,
  by: FindingOf<"browser-page-can-call">["data"]["by"],
  open: readonly NumberedRoute[],
): FindingOf<"browser-page-can-call"> {
  const kind = by === "any-origin" ? "origin-check" : "host-check";
  return {
    rule: "browser-page-can-call",
    severity: "medium",
    server: server.id,
    routes: open.map((each) => each.index),
    data: { by },
    evidence: open.flatMap(({ route }) => checkOf(route, kind)?.evidence ?? []),
  };
}

/** What proxies and tunnels make of web pages is told by rules of their own. */
function isStraight({ hops }: Route): boolean {
  return hops.every(({ kind }) => kind !== "proxy" && kind !== "tunnel");
}

function hasAnyOrigin({ settings }: Server): boolean {
  const origins = settings.find((each) => each.name === "OLLAMA_ORIGINS");
  return origins !== undefined && admitsAnyOrigin(origins.effective);
}

function checkOf({ barriers }: Route, kind: Barrier["kind"]): Barrier | null {
  return barriers.find((barrier) => barrier.kind === kind) ?? null;
}
