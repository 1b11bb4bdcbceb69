import { isOn } from "../../servers/ollama/settings.ts";
import type { Rule } from "../rule.ts";
import { toEffectiveSetting } from "../server-facts.ts";

const SETTING = "OLLAMA_DEBUG_LOG_REQUESTS";

/** Every prompt and request body is written to a folder under /tmp (Ollama 0.18.3 and newer). */
export const REQUEST_LOGGING_ON: Rule<"request-logging-on"> = {
  id: "request-logging-on",
  judge: (host) =>
    host.servers.flatMap((server) => {
      const setting = server.kind === "ollama" ? toEffectiveSetting(host, server, SETTING) : null;
      if (setting === null || !isOn(setting.value)) return [];
      return [
        {
          rule: "request-logging-on",
          severity: "medium",
          server: server.id,
          routes: [],
          data: { setting: SETTING },
          evidence: setting.evidence,
        },
      ];
    }),
};
