import type { Unit } from "../../facts/units.ts";
import type { FindingOf, Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { toUnitLines, toUnitServers } from "../server-unit.ts";

/** Files of a unit changed after the manager read them: neither the next start nor the running server has them. */
export const DAEMON_RELOAD_MISSING: Rule<"daemon-reload-missing"> = {
  id: "daemon-reload-missing",
  judge: (host) =>
    toUnitServers(host).flatMap(({ unit, server }): FindingOf<"daemon-reload-missing">[] => {
      if (!unit.loaded.ok || !isMissing(unit, server)) return [];
      const text = unit.loaded.value.needsDaemonReload ? "NeedDaemonReload=yes" : "NeedDaemonReload=no";
      return [
        {
          rule: "daemon-reload-missing",
          severity: toSeverity(server),
          server: server?.id ?? null,
          routes: [],
          data: { unit: unit.name },
          evidence: [{ from: `systemctl show ${unit.name}`, text }, ...toWaiting(server)],
        },
      ];
    }),
};

/** A unit that runs no server and sets nothing of one is not this tool's business. */
function isMissing(unit: Unit, server: Server | null): boolean {
  const waits = toWaiting(server).length > 0;
  const mentions = server !== null || toUnitLines(unit).some(({ line }) => line.key === "Environment");
  return waits || (unit.loaded.ok && unit.loaded.value.needsDaemonReload && mentions);
}

/** Declared values that wait for the reload. */
function toWaiting(server: Server | null) {
  return (server?.settings ?? []).flatMap(({ name, declared }) =>
    declared
      .filter(({ why }) => why === "daemon-reload-missing")
      .map(({ file, line, value }) => ({ from: file, ...(line === null ? {} : { line }), text: `${name}=${value}` })),
  );
}

function toSeverity(server: Server | null): Severity {
  if (server === null) return "low";
  const waits = server.settings.some(
    ({ name, declared }) => name === "OLLAMA_HOST" && declared.some(({ why }) => why === "daemon-reload-missing"),
  );
  return waits && reachOf(server) === "outside" ? "high" : "medium";
}
