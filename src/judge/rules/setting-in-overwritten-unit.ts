import type { UnitLine } from "../../facts/units.ts";
import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { toUnitLines, toUnitServers } from "../server-unit.ts";

/** The file that Ollama's install.sh writes anew each time it runs; drop-ins beside it stay. */
const INSTALLED_UNIT = "/etc/systemd/system/ollama.service";

/** Lines that decide who can come in: losing one of them may open or close the server. */
const GUARDS: ReadonlySet<string> = new Set(["OLLAMA_HOST", "IPAddressDeny", "IPAddressAllow"]);

/**
 * What stands in the main unit file is gone after the next upgrade, protection as well as exposure. Nothing is lost
 * where a drop-in says it too.
 */
export const SETTING_IN_OVERWRITTEN_UNIT: Rule<"setting-in-overwritten-unit"> = {
  id: "setting-in-overwritten-unit",
  judge: (host) =>
    toUnitServers(host).flatMap(({ unit, server }) => {
      const found = new Map<string, FindingOf<"setting-in-overwritten-unit">>();
      const kept = new Set(
        toUnitLines(unit).flatMap(({ file, line }) => (file === INSTALLED_UNIT ? [] : toSettings(line))),
      );
      for (const { file, line } of toUnitLines(unit)) {
        if (file !== INSTALLED_UNIT || unit.scope !== "system") continue;
        for (const setting of toSettings(line).filter((name) => !kept.has(name))) {
          found.set(setting, {
            rule: "setting-in-overwritten-unit",
            severity: GUARDS.has(setting) ? "medium" : "low",
            server: server?.id ?? null,
            routes: [],
            data: { setting, file, unit: unit.name },
            evidence: [{ from: file, line: line.line, text: line.text }],
          });
        }
      }
      return [...found.values()];
    }),
};

/** Names of what a line of a unit sets. */
function toSettings(line: UnitLine): readonly string[] {
  if (line.key === "Environment") return line.assignments.filter(({ taken }) => taken).map(({ name }) => name);
  return line.key.startsWith("IPAddress") && line.fault === null && line.value !== "" ? [line.key] : [];
}
