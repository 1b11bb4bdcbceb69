import type { Grant, Scope } from "../key.ts";
import type { Api, Route } from "./decision.ts";

type Traits = Partial<Pick<Route, "grant" | "modelIn" | "listsModels" | "occupiesModel" | "streamsBody">>;

const IN_JSON: Traits = { modelIn: "json" };
const ASKS: Traits = { modelIn: "json", occupiesModel: true };
const LISTS: Traits = { listsModels: true };

function granted(grant: Grant, traits: Traits = {}): Traits {
  return { ...traits, grant };
}

/**
 * Every request that may reach the upstream, and nothing else does. From `GenerateRoutes` of Ollama's
 * server/routes.go (v0.33.0-rc2), with the image routes that v0.14.3 to v0.32.5 had, `/v1/systemone` (v0.35) and
 * `/v1/audio/speech` (v0.40.8) as its documents have them, and the debug routes of Go's default mux. Left out: `/api/experimental/aliases` (v0.15.5 to v0.17.7), which gives a model another name, and
 * `/v1/messages/count_tokens`, which Ollama does not have.
 */
export const ROUTES: readonly Route[] = [
  ...table("ollama", "inference", {
    "POST /api/generate": ASKS,
    "POST /api/chat": ASKS,
    "POST /api/embed": ASKS,
    "POST /api/embeddings": ASKS,
    "POST /api/experimental/web_search": granted("experimental"),
    "POST /api/experimental/web_fetch": granted("experimental"),
  }),
  ...table("ollama", "read", {
    "GET /": {},
    "HEAD /": {},
    "GET /api/version": {},
    "HEAD /api/version": {},
    "GET /api/status": {},
    "GET /api/tags": LISTS,
    "HEAD /api/tags": LISTS,
    "GET /api/ps": LISTS,
    "POST /api/show": IN_JSON,
    "GET /api/experimental/model-recommendations": granted("experimental"),
  }),
  ...table("ollama", "manage", {
    "POST /api/pull": IN_JSON,
    "POST /api/push": IN_JSON,
    "POST /api/create": IN_JSON,
    "POST /api/copy": IN_JSON,
    "DELETE /api/delete": IN_JSON,
    "POST /api/blobs/{digest}": { streamsBody: true },
    "HEAD /api/blobs/{digest}": {},
    // These are about the owner's account at ollama.com: who it is, and signing out of it.
    "POST /api/me": granted("cloud"),
    "POST /api/signout": granted("cloud"),
    "DELETE /api/user/keys/{key}": granted("cloud"),
    "GET /debug/pprof/": granted("debug"),
    "GET /debug/pprof/allocs": granted("debug"),
    "GET /debug/pprof/goroutine": granted("debug"),
    "GET /debug/pprof/heap": granted("debug"),
    "GET /debug/pprof/profile": granted("debug"),
    "GET /debug/vars": granted("debug"),
  }),
  ...table("openai", "inference", {
    "POST /v1/chat/completions": ASKS,
    "POST /v1/completions": ASKS,
    "POST /v1/embeddings": ASKS,
    "POST /v1/responses": ASKS,
    "POST /v1/images/generations": ASKS,
    "POST /v1/images/edits": ASKS,
    "POST /v1/audio/speech": ASKS,
    "POST /v1/systemone": ASKS,
    "POST /v1/audio/transcriptions": { modelIn: "multipart", occupiesModel: true },
  }),
  ...table("openai", "read", {
    "GET /v1/models": LISTS,
    "GET /v1/models/{model}": { modelIn: "path" },
  }),
  ...table("anthropic", "inference", {
    "POST /v1/messages": ASKS,
  }),
];

/** Routes of one scope, as `POST /api/chat`, with the grant that is needed besides it. */
export function listRoutes(scope: Scope): readonly Pick<Route, "id" | "grant">[] {
  return ROUTES.filter((route) => route.scope === scope).map(({ id, grant }) => ({ id, grant }));
}

function table(api: Api, scope: Scope, rows: Readonly<Record<string, Traits>>): readonly Route[] {
  return Object.entries(rows).map(([id, traits]) => ({
    id,
    method: toMethod(id),
    api,
    scope,
    grant: null,
    modelIn: "none",
    listsModels: false,
    occupiesModel: false,
    streamsBody: false,
    ...traits,
  }));
}

function toMethod(id: string): Route["method"] {
  if (id.startsWith("GET ")) return "GET";
  if (id.startsWith("HEAD ")) return "HEAD";
  return id.startsWith("DELETE ") ? "DELETE" : "POST";
}
