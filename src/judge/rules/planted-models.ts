import { parseModels } from "../../servers/ollama/models.ts";
import { API_TAGS } from "../../servers/questions.ts";
import type { Rule } from "../rule.ts";
import { toEvidence, toServerAnswers } from "../server-facts.ts";

/**
 * Models that a known attack leaves behind: somebody was here. As bad on a server that is closed by now; what let
 * them in has findings of its own.
 */
export const PLANTED_MODELS: Rule<"planted-models"> = {
  id: "planted-models",
  judge: (host) =>
    host.servers.flatMap((server) => {
      if (server.kind !== "ollama") return [];
      const answers = toServerAnswers(host, server);
      const models = (parseModels(answers)?.models ?? []).filter(({ planted }) => planted).map(({ name }) => name);
      if (models.length === 0) return [];
      return [
        {
          rule: "planted-models",
          severity: "high",
          server: server.id,
          routes: [],
          data: { models },
          evidence: toEvidence(answers, API_TAGS, models.slice(0, 5).join(", ")),
        },
      ];
    }),
};
