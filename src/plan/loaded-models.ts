import { toServerAnswers } from "../judge/server-facts.ts";
import type { Server } from "../judge/server.ts";
import { parseJson, isJsonObject } from "../servers/read-answers.ts";
import type { PlanInput } from "./plan-input.ts";

const LOADED_MODELS = "GET /api/ps";

/** How many models a server has loaded, each of which may be answering somebody; null where it did not tell. */
export function countLoadedModels(input: Pick<PlanInput, "facts">, server: Server): number | null {
  for (const { question, outcome } of toServerAnswers(input, server)) {
    if (question !== LOADED_MODELS || outcome.kind !== "answered" || outcome.answer.status !== 200) continue;
    const body = parseJson(outcome.answer.body);
    if (isJsonObject(body) && Array.isArray(body["models"])) return body["models"].length;
  }
  return null;
}
