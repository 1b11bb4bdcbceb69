import type { Unit } from "../../facts/units.ts";
import { unitValues } from "../claims.ts";
import { isStartedDirectly } from "../declare-in-unit.ts";
import type { FindingOf, Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server, Setting } from "../server.ts";
import { toServerProcess } from "../server-facts.ts";
import { toServerUnit } from "../server-unit.ts";

/** A service runs with another value than its next start will have. */
export const RESTART_MISSING: Rule<"restart-missing"> = {
  id: "restart-missing",
  judge: (host) =>
    host.servers.flatMap((server) => {
      const unit = toServerUnit(host, server);
      if (unit === null) return [];
      return server.settings.flatMap((setting): FindingOf<"restart-missing">[] => {
        const next = setting.effectiveKnown ? toNextValue(host, server, unit, setting) : null;
        if (next === null) return [];
        return [
          {
            rule: "restart-missing",
            severity: toSeverity(server, setting),
            server: server.id,
            routes: [],
            data: { unit: unit.name, setting: setting.name, running: setting.effective, loaded: next.value },
            evidence: [
              {
                from: `/proc/${String(server.process?.pid)}/environ`,
                text: setting.effective === null ? `no ${setting.name}` : `${setting.name}=${setting.effective}`,
              },
              next.evidence,
            ],
          },
        ];
      });
    }),
};

interface NextValue {
  readonly value: string | null;
  readonly evidence: FindingOf<"restart-missing">["evidence"][number];
}

/** The value from the next start on, where that is known to be another one; else null. */
function toNextValue(host: JudgedHost, server: Server, unit: Unit, setting: Setting): NextValue | null {
  const waiting = setting.declared.find(({ why }) => why === "restart-missing");
  if (waiting !== undefined) {
    const { value, file, line } = waiting;
    const text = `${setting.name}=${value}`;
    return { value, evidence: { from: file, ...(line === null ? {} : { line }), text } };
  }
  return isLeftover(host, server, unit, setting)
    ? { value: null, evidence: { from: `systemctl show ${unit.name}`, text: `Environment= without ${setting.name}` } }
    : null;
}

/**
 * A value that nothing declares any more: its line was taken out and the unit reloaded, and the process still
 * has it. Only said where nothing else can have set it.
 */
function isLeftover(host: JudgedHost, server: Server, unit: Unit, { name, effective, declared }: Setting): boolean {
  const process = toServerProcess(host, server);
  if (effective === null || process === null || !unit.loaded.ok) return false;
  const { environment, environmentFiles, needsDaemonReload } = unit.loaded.value;
  if (unitValues(unit, "PassEnvironment").some(({ value }) => value.split(" ").includes(name))) return false;
  const unread = unit.files.some((file) => !file.ok);
  const elsewhere = declared.some(({ reaches }) => reaches !== false) || environmentFiles.length > 0;
  if (unread || elsewhere || needsDaemonReload || environment[name] !== undefined) return false;
  return isStartedDirectly(unit, process);
}

function toSeverity(server: Server, { name }: Setting): Severity {
  if (name !== "OLLAMA_HOST") return "low";
  return reachOf(server) === "outside" ? "high" : "medium";
}
