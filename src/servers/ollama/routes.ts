/** What a request to one of Ollama's HTTP routes can do; several may hold. */
export type Danger =
  /** Tells something: versions, models, prompts of the system, paths. */
  | "read"
  /** Uses processor, memory and electricity. */
  | "inference"
  /** Changes models, disk or the sign-in. */
  | "manage"
  /** Can spend the owner's plan at ollama.com, or bandwidth. */
  | "spend"
  /** Makes the server connect to other hosts. */
  | "outbound";

/** One route of the HTTP API, since the first release that has it. */
export interface HttpRoute {
  readonly methods: readonly ("GET" | "HEAD" | "POST" | "DELETE")[];
  /** `:name` stands for one segment of the path. */
  readonly path: string;
  /** First release that has it. */
  readonly since: string;
  /** First release without it; null where the newest read (0.33.0-rc2, later ones by their documents) has it. */
  readonly until: string | null;
  readonly dangers: readonly Danger[];
}

/**
 * Every route of Ollama's server (server/routes.go, `GenerateRoutes`). None asks for a credential. New ones
 * appear almost every month: what is not in this list must be denied, not allowed.
 */
export const ROUTES: readonly HttpRoute[] = [
  route(["GET"], "/", "0.0.1", ["read"]),
  route(["HEAD"], "/", "0.0.13", ["read"]),
  route(["GET", "HEAD"], "/api/version", "0.1.14", ["read"]),
  route(["GET"], "/api/status", "0.16.2", ["read"]),
  route(["GET", "HEAD"], "/api/tags", "0.0.6", ["read"]),
  route(["GET"], "/api/ps", "0.1.38", ["read"]),
  route(["POST"], "/api/show", "0.0.18", ["read"]),
  route(["POST"], "/api/generate", "0.0.1", ["inference", "read", "spend", "outbound"]),
  route(["POST"], "/api/chat", "0.1.14", ["inference", "read", "spend", "outbound"]),
  route(["POST"], "/api/embed", "0.2.6", ["inference"]),
  route(["POST"], "/api/embeddings", "0.0.14", ["inference"]),
  route(["POST"], "/api/pull", "0.0.1", ["manage", "outbound", "spend"]),
  route(["POST"], "/api/push", "0.0.6", ["outbound", "spend"]),
  route(["POST"], "/api/create", "0.0.6", ["manage", "outbound"]),
  route(["POST"], "/api/blobs/:digest", "0.1.10", ["manage"]),
  route(["HEAD"], "/api/blobs/:digest", "0.1.10", ["read"]),
  route(["POST"], "/api/copy", "0.0.12", ["manage"]),
  route(["DELETE"], "/api/delete", "0.0.11", ["manage"]),
  route(["POST"], "/api/me", "0.12.0", ["read", "spend", "outbound"]),
  route(["POST"], "/api/signout", "0.12.1", ["manage", "outbound"]),
  route(["DELETE"], "/api/user/keys/:encodedKey", "0.12.0", ["manage", "outbound"]),
  route(["POST"], "/api/experimental/web_search", "0.18.0", ["spend", "outbound"]),
  route(["POST"], "/api/experimental/web_fetch", "0.18.0", ["spend", "outbound"]),
  route(["GET"], "/api/experimental/model-recommendations", "0.22.1", ["read", "outbound"]),
  route(["GET", "POST", "DELETE"], "/api/experimental/aliases", "0.15.5", ["manage"], "0.18.0"),
  route(["POST"], "/v1/chat/completions", "0.1.24", ["inference", "spend", "outbound"]),
  route(["POST"], "/v1/completions", "0.2.0", ["inference"]),
  route(["GET"], "/v1/models", "0.2.0", ["read"]),
  route(["GET"], "/v1/models/:model", "0.2.0", ["read"]),
  route(["POST"], "/v1/embeddings", "0.2.6", ["inference"]),
  route(["POST"], "/v1/responses", "0.13.3", ["inference", "spend", "outbound"]),
  route(["POST"], "/v1/messages", "0.14.0", ["inference", "spend", "outbound"]),
  route(["POST"], "/v1/audio/transcriptions", "0.20.0", ["inference"]),
  route(["POST"], "/v1/systemone", "0.35.0", ["inference", "spend", "outbound"]),
  route(["POST"], "/v1/audio/speech", "0.40.8", ["inference"]),
  route(["POST"], "/v1/images/generations", "0.14.3", ["inference"], "0.32.5"),
  route(["POST"], "/v1/images/edits", "0.15.0", ["inference"], "0.32.5"),
];

function route(
  methods: HttpRoute["methods"],
  path: string,
  since: string,
  dangers: readonly Danger[],
  until: string | null = null,
): HttpRoute {
  return { methods, path, since, until, dangers };
}
