import type { IncomingMessage } from "node:http";

/** What a browser is told about who may read an answer: header lines, or that the page may not ask at all. */
export type CorsAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "allowed"; readonly headers: readonly string[] }
  | { readonly kind: "preflight"; readonly headers: readonly string[] }
  | { readonly kind: "refused" };

const NONE: CorsAnswer = { kind: "none" };
const REFUSED: CorsAnswer = { kind: "refused" };
const MOST_NAMES = 64;

/**
 * Answers for the pages of the listed origins, each compared as a whole. A page of another origin is refused even with
 * a key, as Ollama refuses it: a browser may add a password by itself. There is no `*`, and no cookies.
 */
export function toCorsAnswer(request: IncomingMessage, origins: ReadonlySet<string>): CorsAnswer {
  const { origin } = request.headers;
  if (origin === undefined) return request.method === "OPTIONS" ? REFUSED : NONE;
  if (!origins.has(origin)) return REFUSED;
  const headers = ["access-control-allow-origin", origin, "vary", "Origin"];
  if (request.method !== "OPTIONS") {
    return { kind: "allowed", headers: [...headers, "access-control-expose-headers", "retry-after, x-request-id"] };
  }
  if (request.headers["access-control-request-method"] === undefined) return REFUSED;
  const names = toNames(request.headers["access-control-request-headers"] ?? "");
  return {
    kind: "preflight",
    headers: [
      ...headers,
      "access-control-allow-methods",
      "GET, HEAD, POST, DELETE",
      ...(names.length === 0 ? [] : ["access-control-allow-headers", names.join(", ")]),
      "access-control-max-age",
      "600",
    ],
  };
}

function toNames(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(",", MOST_NAMES)
    .map((name) => name.trim())
    .filter((name) => /^[a-z0-9-]{1,64}$/.test(name));
}

/** An origin as browsers send it (`https://chat.example.com`, `chrome-extension://…`), or null; `null` and `*` are none. */
export function parseOrigin(text: string): string | null {
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*,]+$/.test(text) ? text : null;
}
