import { admitsAnyOrigin } from "../../servers/ollama/browser-checks.ts";
import { toUsableRoutes } from "../reach.ts";
import type { Rule } from "../rule.ts";
import { toEffectiveSetting } from "../server-facts.ts";

const SETTING = "OLLAMA_ORIGINS";

/** Scripts of every web page may call the server, also one that only listens on loopback. */
export const ANY_ORIGIN_ALLOWED: Rule<"any-origin-allowed"> = {
  id: "any-origin-allowed",
  judge: (host) =>
    host.servers.flatMap((server) => {
      const setting = server.kind === "ollama" ? toEffectiveSetting(host, server, SETTING) : null;
      if (setting === null || setting.value === null || !admitsAnyOrigin(setting.value)) return [];
      const routes = toUsableRoutes(server).filter(({ vantage }) => vantage === "browser");
      return [
        {
          rule: "any-origin-allowed",
          severity: routes.length > 0 ? "high" : "medium",
          server: server.id,
          routes: routes.map(({ index }) => index),
          data: { value: setting.value },
          evidence: setting.evidence,
        },
      ];
    }),
};
