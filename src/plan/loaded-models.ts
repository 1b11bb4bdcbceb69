import { toServerAnswers } from "../judge/server-facts.ts";
import type { Server } from "../judge/server.ts";
import { parseJson, isJsonObject } from "../servers/read-answers.ts";
import { API_PS } from "../servers/questions.ts";
import type { PlanInput } from "./plan-input.ts";

/** How many models a server has loaded, each of which may be answering somebody; null where it did not tell. */
export function countLoadedModels(input: Pick<PlanInput, "facts">, server: Server): number | null {
  for (const { question, outcome } of toServerAnswers(input, server)) {
    if (question !== API_PS.id || outcome.kind !== "answered" || outcome.answer.status !== 200) continue;
    const body = parseJson(outcome.answer.body);
    if (isJsonObject(body) && Array.isArray(body["models"])) return body["models"].length;
  }
  return null;
}
