import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { toUnitLines, toUnitServers } from "../server-unit.ts";

/** The file that Ollama's install.sh writes anew each time it runs; drop-ins beside it stay. */
const INSTALLED_UNIT = "/etc/systemd/system/ollama.service";

/** Lines that decide who can come in: losing one of them may open or close the server. */
const GUARDS: ReadonlySet<string> = new Set(["OLLAMA_HOST", "IPAddressDeny", "IPAddressAllow"]);

/** What stands in the main unit file is gone after the next upgrade, protection as well as exposure. */
export const SETTING_IN_OVERWRITTEN_UNIT: Rule<"setting-in-overwritten-unit"> = {
  id: "setting-in-overwritten-unit",
  judge: (host) =>
    toUnitServers(host).flatMap(({ unit, server }) => {
      const found = new Map<string, FindingOf<"setting-in-overwritten-unit">>();
      for (const { file, line } of toUnitLines(unit)) {
        if (file !== INSTALLED_UNIT || unit.scope !== "system") continue;
        const assigned = line.key === "Environment" ? line.assignments.filter(({ taken }) => taken) : [];
        const filters = line.key.startsWith("IPAddress") && line.fault === null && line.value !== "" ? [line.key] : [];
        for (const setting of [...assigned.map(({ name }) => name), ...filters]) {
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
