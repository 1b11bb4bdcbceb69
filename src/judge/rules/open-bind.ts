import type { Evidence } from "../../facts/evidence.ts";
import { toAuthority } from "../authentication.ts";
import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { bindOf, findOpenRoutes, unique, type NumberedRoute } from "./others-routes.ts";

/**
 * Others than this host can call the server without a credential, because of where it listens. A published port, a
 * container's own address, route_localnet and the weak host model have rules of their own: they are mended elsewhere.
 */
export const OPEN_BIND: Rule<"open-bind"> = {
  id: "open-bind",
  judge: ({ servers }) =>
    servers.flatMap((server): FindingOf<"open-bind">[] => {
      const open = findOpenRoutes(server).filter(isByBind);
      if (open.length === 0) return [];
      const setting = server.settings.find((each) => each.listensOn !== null) ?? server.settings.find(isListenAddress);
      return [
        {
          rule: "open-bind",
          severity: "critical",
          server: server.id,
          routes: open.map((each) => each.index),
          data: {
            setting: setting?.name ?? (server.kind === "ollama" ? "OLLAMA_HOST" : "--host"),
            value: setting?.effective ?? null,
            entries: unique(open.map(({ route }) => toAuthority(route.entry.address, route.entry.port))),
            unit: server.runBy.kind === "systemd" ? server.runBy.unit : null,
          },
          evidence: toEvidence(open),
        },
      ];
    }),
};

/** Inside a container of its own network a server has to listen on every address: what opens it stands before it. */
function isByBind({ route }: NumberedRoute): boolean {
  return route.hops.every(({ kind }) => kind === "direct") && bindOf(route)?.why === "listens-here";
}

function isListenAddress({ name }: Server["settings"][number]): boolean {
  return name === "OLLAMA_HOST";
}

function toEvidence(open: readonly NumberedRoute[]): Evidence[] {
  const all = open.flatMap(({ route }) => bindOf(route)?.evidence ?? []);
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}
