/** Reads answers as data: hostile text in, bounded and checked values out, nothing thrown. */
import type { Answer, Question } from "../facts/answers.ts";
import type { HttpAnswer } from "../host/host.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The HTTP answer to one question, or null where it was not asked or not answered. */
export function answerTo(answers: readonly Answer[], question: Question): HttpAnswer | null {
  for (const { question: id, outcome } of answers) {
    if (id === question.id && outcome.kind === "answered") return outcome.answer;
  }
  return null;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body as JSON, or undefined where it is none (an HTML page, a body cut short). */
export function parseJson(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return value;
  } catch {
    return undefined;
  }
}

/** The JSON object of a 200 answer, else null. */
export function jsonObjectOf(answer: HttpAnswer | null): JsonObject | null {
  if (answer === null || answer.status !== 200) return null;
  const value = parseJson(answer.body);
  return isJsonObject(value) ? value : null;
}

/** The value at a dotted path of own keys, or undefined. */
export function valueAt(object: JsonObject, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split(".")) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Each distinct `owned_by` in an OpenAI model list; null where the answer is no such list. */
export function modelOwners(answers: readonly Answer[], question: Question): ReadonlySet<string> | null {
  const list = jsonObjectOf(answerTo(answers, question));
  if (list === null || list["object"] !== "list") return null;
  // Ollama without a model answers `"data":null`.
  if (list["data"] === null) return new Set();
  if (!Array.isArray(list["data"])) return null;
  const entries = list["data"].filter(isJsonObject);
  return new Set(entries.flatMap(({ owned_by: owner }) => (typeof owner === "string" ? [owner] : [])));
}

/** A refusal that asks for a credential: by HTTP's own codes, or a proxy's. */
export function demandsCredential(answer: HttpAnswer | null): boolean {
  return answer !== null && (answer.status === 401 || answer.status === 403 || answer.status === 407);
}

/** Text as a version: without a leading `v`; null for what is no version, and for `0.0.0`, which says nothing. */
export function readVersion(value: unknown): string | null {
  if (typeof value !== "string" || value.length > 64) return null;
  const match = /^v?(\d+\.\d+[0-9A-Za-z.+-]*)(?:$|\s)/.exec(value.trim());
  const version = match?.[1] ?? null;
  return version === null || /^0+(?:\.0+)*(?:$|[-+])/.test(version) ? null : version;
}
