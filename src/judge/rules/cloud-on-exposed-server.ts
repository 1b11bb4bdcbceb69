import { parseCloudEnabled, parseModels } from "../../servers/ollama/models.ts";
import { isOn } from "../../servers/ollama/settings.ts";
import { API_STATUS, API_TAGS } from "../../servers/questions.ts";
import type { FindingOf } from "../finding.ts";
import { toUsableRoutes } from "../reach.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { toEffectiveSetting, toEvidence, toServerAnswers } from "../server-facts.ts";

/** Strangers reach a server that sends requests to ollama.com in its owner's name. */
export const CLOUD_ON_EXPOSED_SERVER: Rule<"cloud-on-exposed-server"> = {
  id: "cloud-on-exposed-server",
  judge: (host) => host.servers.flatMap((server) => judgeServer(host, server)),
};

/** Cloud models in the list show that it is in use; without one the switch that says "on" is a weaker sign. */
function judgeServer(host: JudgedHost, server: Server): readonly FindingOf<"cloud-on-exposed-server">[] {
  if (server.kind !== "ollama" || server.verdict !== "exposed") return [];
  const answers = toServerAnswers(host, server);
  const enabled = parseCloudEnabled(answers);
  const switchedOff = isOn(toEffectiveSetting(host, server, "OLLAMA_NO_CLOUD")?.value ?? null);
  const models = (parseModels(answers)?.models ?? []).filter(({ cloud }) => cloud).map(({ name }) => name);
  if (enabled === false || (enabled === null && (switchedOff || models.length === 0))) return [];
  const listed = models.length > 0 ? toEvidence(answers, API_TAGS, models.slice(0, 5).join(", ")) : [];
  const switched = enabled === true ? toEvidence(answers, API_STATUS, "cloud.disabled: false") : [];
  return [
    {
      rule: "cloud-on-exposed-server",
      severity: models.length > 0 ? "high" : "low",
      server: server.id,
      routes: toUsableRoutes(server)
        .filter(({ vantage }) => vantage !== "host")
        .map(({ index }) => index),
      data: { models },
      evidence: [...listed, ...switched],
    },
  ];
}
