/** What GET /api/tags and GET /api/status say an Ollama offers. */
import type { Answer } from "../../facts/answers.ts";
import { API_STATUS, API_TAGS } from "../questions.ts";
import { answerTo, isJsonObject, jsonObjectOf, parseJson, valueAt } from "../read-answers.ts";

/** One model of the list, as the server names it; hostile text. */
export interface OllamaModel {
  readonly name: string;
  /** Run by ollama.com on the owner's account instead of here. */
  readonly cloud: boolean;
  /** Named like the models that attackers leave behind (ollama/ollama#16236). */
  readonly planted: boolean;
}

export interface OllamaModels {
  readonly models: readonly OllamaModel[];
  /** False where the answer was cut short: there may be more. */
  readonly complete: boolean;
}

/** The model list, or null where it was not asked, refused, or is none. */
export function parseModels(answers: readonly Answer[]): OllamaModels | null {
  const answer = answerTo(answers, API_TAGS);
  if (answer === null || answer.status !== 200) return null;
  const list = parseModelList(answer.body);
  if (list !== null) return { models: list, complete: true };
  // A body cut short by the door: keep the entries before the last one that began.
  const end = answer.truncated ? answer.body.lastIndexOf(',{"name":') : -1;
  const part = end < 0 ? null : parseModelList(`${answer.body.slice(0, end)}]}`);
  return part === null ? null : { models: part, complete: false };
}

/** Whether the server runs cloud models: null where it does not say (before 0.16.2). */
export function parseCloudEnabled(answers: readonly Answer[]): boolean | null {
  const status = jsonObjectOf(answerTo(answers, API_STATUS));
  const disabled = status === null ? undefined : valueAt(status, "cloud.disabled");
  return typeof disabled === "boolean" ? !disabled : null;
}

function parseModelList(body: string): readonly OllamaModel[] | null {
  const list = parseJson(body);
  if (!isJsonObject(list)) return null;
  const entries = list["models"];
  if (entries === null) return [];
  if (!Array.isArray(entries)) return null;
  return entries.flatMap((entry) => (isJsonObject(entry) && typeof entry["name"] === "string" ? [toModel(entry)] : []));
}

function toModel(entry: Readonly<Record<string, unknown>>): OllamaModel {
  const name = String(entry["name"]);
  const remoteHost = entry["remote_host"];
  return {
    name,
    cloud: /[:-]cloud$/.test(name) || (typeof remoteHost === "string" && remoteHost !== ""),
    planted: /(?:^|\/)leak_model_/i.test(name),
  };
}
