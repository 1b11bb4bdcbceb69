import type { Key } from "../key.ts";
import type { Route } from "./decision.ts";
import { isModelAllowed, readModelName } from "./model-name.ts";

/** Most of a list that is held in memory to be filtered: some ten thousand models. */
export const LIST_LIMIT_BYTES: number = 8 * 1024 * 1024;

/** Whether a key sees only some of the models that a route lists. */
export function seesSomeModels(route: Route, key: Key): boolean {
  return route.listsModels && (key.models !== null || !key.grants.includes("cloud"));
}

/**
 * The answer of a route that lists models (`/api/tags`, `/api/ps`, `/v1/models`) without those the key may not use.
 * Null where it is not such a list, and so must not be passed on.
 */
export function filterModels(text: string, key: Key): string | null {
  const list = parse(text);
  if (!isRecord(list)) return null;
  const field = Array.isArray(list["models"]) ? "models" : "data";
  const models: unknown = list[field];
  // Ollama writes null for a list without models.
  if (models === null) return JSON.stringify(list);
  if (!Array.isArray(models)) return null;
  return JSON.stringify({ ...list, [field]: models.filter((model: unknown) => isVisible(model, key)) });
}

function isVisible(model: unknown, key: Key): boolean {
  if (!isRecord(model)) return false;
  const written = [model["name"], model["model"], model["id"]].filter((name) => name !== undefined);
  const isRemote = typeof model["remote_host"] === "string" && model["remote_host"] !== "";
  const seesCloud = key.grants.includes("cloud");
  if (written.length === 0 || (isRemote && !seesCloud)) return false;
  return written.every((text) => {
    const name = typeof text === "string" ? readModelName(text) : null;
    return name !== null && isModelAllowed(name, key.models) && (seesCloud || !name.cloud);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
