import type { Route } from "./decision.ts";

/** What a route reads in its JSON body, as far as a policy looks at it (request types of Ollama's api/types.go). */
export interface BodyFields {
  /** Fields that name models. */
  readonly models: readonly string[];
  /** Every one of them has to be there; otherwise one is enough. */
  readonly needsAll: boolean;
  /** Fields in which older versions name files of the host or take models in a language of their own. */
  readonly refused: readonly string[];
  /** What it does where `stream` is not said; null: it never streams. */
  readonly streams: boolean | null;
  /** Where it reads `num_ctx`: in `options`, beside `keep_alive`, or in the `parameters` that a new model has. */
  readonly settings: "options" | "parameters" | null;
}

const PLAIN: BodyFields = { models: ["model"], needsAll: false, refused: [], streams: null, settings: null };

/** Ollama reads `name` where `model` is not said. */
const EITHER_NAME = ["model", "name"];

const FIELDS: Readonly<Record<string, BodyFields>> = {
  "POST /api/generate": { ...PLAIN, streams: true, settings: "options" },
  "POST /api/chat": { ...PLAIN, streams: true, settings: "options" },
  "POST /api/embed": { ...PLAIN, settings: "options" },
  "POST /api/embeddings": { ...PLAIN, settings: "options" },
  "POST /api/show": { ...PLAIN, models: EITHER_NAME },
  "DELETE /api/delete": { ...PLAIN, models: EITHER_NAME },
  "POST /api/pull": { ...PLAIN, models: EITHER_NAME, streams: true },
  "POST /api/push": { ...PLAIN, models: EITHER_NAME, streams: true },
  // `path` and `modelfile` were read before v0.5.5, and let a caller name any file of the host.
  "POST /api/create": {
    ...PLAIN,
    models: [...EITHER_NAME, "from"],
    refused: ["path", "modelfile"],
    streams: true,
    settings: "parameters",
  },
  "POST /api/copy": { ...PLAIN, models: ["source", "destination"], needsAll: true },
  "POST /v1/chat/completions": { ...PLAIN, streams: false },
  "POST /v1/completions": { ...PLAIN, streams: false },
  "POST /v1/embeddings": PLAIN,
  "POST /v1/responses": { ...PLAIN, streams: false },
  "POST /v1/audio/speech": PLAIN,
  "POST /v1/systemone": { ...PLAIN, settings: "options" },
  "POST /v1/images/generations": PLAIN,
  "POST /v1/images/edits": PLAIN,
  "POST /v1/messages": { ...PLAIN, streams: false },
};

export function findBodyFields(route: Route): BodyFields {
  return FIELDS[route.id] ?? PLAIN;
}
