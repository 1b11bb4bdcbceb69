/**
 * Routes of Ollama, as `METHOD /path`, that come to nothing unless a whole body has come: each reads it before anything
 * else, and answers 400 where it breaks off or is empty (server/routes.go, server/routes_aliases.go, middleware/; read in
 * 0.12.6, 0.13.5, 0.16.1, 0.17.4, and in 0.20 what is newer). For blobs the digest is looked at first, and one that is
 * none is refused before the body is read.
 *
 * What stands not here may act by itself, as the sign-out does, or is not known to wait.
 */
export const ROUTES_AWAITING_BODY: readonly string[] = [
  "POST /api/show",
  "POST /api/generate",
  "POST /api/chat",
  "POST /api/embed",
  "POST /api/embeddings",
  "POST /api/pull",
  "POST /api/push",
  "POST /api/create",
  "POST /api/blobs/:digest",
  "POST /api/copy",
  "DELETE /api/delete",
  "POST /api/experimental/web_search",
  "POST /api/experimental/web_fetch",
  "POST /api/experimental/aliases",
  "DELETE /api/experimental/aliases",
  "POST /v1/chat/completions",
  "POST /v1/completions",
  "POST /v1/embeddings",
  "POST /v1/responses",
  "POST /v1/messages",
  "POST /v1/audio/transcriptions",
  "POST /v1/images/generations",
  "POST /v1/images/edits",
];
