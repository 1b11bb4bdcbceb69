/** What somebody is let in for: `inference` asks models, `read` lists and describes them, `manage` changes them. */
export const ROUTE_SCOPES = ["inference", "read", "manage"] as const;
export type RouteScope = (typeof ROUTE_SCOPES)[number];

/**
 * Which of Ollama's routes belong to which scope, as `METHOD /path`. What stands in none of them is let through for
 * nobody: the owner's account at ollama.com (`/api/me`, `/api/signout`, `/api/user/keys`) and whatever is experimental.
 */
export const ROUTES_OF_SCOPE: Readonly<Record<RouteScope, readonly string[]>> = {
  inference: [
    "POST /api/generate",
    "POST /api/chat",
    "POST /api/embed",
    "POST /api/embeddings",
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/responses",
    "POST /v1/messages",
    "POST /v1/audio/transcriptions",
    "POST /v1/audio/speech",
    "POST /v1/systemone",
    "POST /v1/images/generations",
    "POST /v1/images/edits",
  ],
  read: [
    "GET /",
    "HEAD /",
    "GET /api/version",
    "HEAD /api/version",
    "GET /api/status",
    "GET /api/tags",
    "HEAD /api/tags",
    "GET /api/ps",
    "POST /api/show",
    "GET /v1/models",
    "GET /v1/models/:model",
  ],
  manage: [
    "POST /api/pull",
    "POST /api/push",
    "POST /api/create",
    "POST /api/copy",
    "DELETE /api/delete",
    "POST /api/blobs/:digest",
    "HEAD /api/blobs/:digest",
  ],
};

/** What a proxy lets nobody at, whatever the scope. */
export const ROUTES_OF_NO_SCOPE: readonly string[] = [
  "POST /api/me",
  "POST /api/signout",
  "DELETE /api/user/keys/:encodedKey",
  "POST /api/experimental/web_search",
  "POST /api/experimental/web_fetch",
  "GET /api/experimental/model-recommendations",
  "GET /api/experimental/aliases",
  "POST /api/experimental/aliases",
  "DELETE /api/experimental/aliases",
];
