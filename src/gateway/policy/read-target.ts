import type { Api, Route } from "./decision.ts";
import { readModelName } from "./model-name.ts";
import type { RefusalCode } from "./refusals.ts";
import { ROUTES } from "./routes.ts";

/** What a request target comes to. `path` is what the upstream is asked with. */
export type Target =
  | { readonly kind: "route"; readonly route: Route; readonly path: string; readonly models: readonly string[] }
  | { readonly kind: "unknown" }
  | { readonly kind: "malformed"; readonly code: RefusalCode };

const LONGEST_TARGET = 8192;

/** Printable ASCII that means itself in a target: no blank, `"`, `#`, `<`, `>`, backslash, `^`, backtick or braces. */
const PLAIN = /^\/[!$-;=?-[\]_a-z|~]*$/;

const FIXED: ReadonlyMap<string, Route> = new Map(
  ROUTES.filter((route) => !route.id.includes("{")).map((route) => [route.id, route]),
);

/** `POST /api/blobs/` → the route, of which one more segment varies. */
const VARYING: ReadonlyMap<string, Route> = new Map(
  ROUTES.filter((route) => route.id.includes("{")).map((route) => [route.id.slice(0, route.id.indexOf("{")), route]),
);

/** As Ollama's manifest.BlobsPath takes it. */
const DIGEST = /^sha256[:-][0-9a-fA-F]{64}$/;

/** base64url, as Ollama's client writes a public key into a path. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{1,512}={0,2}$/;

/** Which API a target belongs to, and so in which form it is told an error; every text belongs to one. */
export function toApi(target: string): Api {
  if (/^\/v1\/messages(?:[/?]|$)/.test(target)) return "anthropic";
  return target.startsWith("/v1/") ? "openai" : "ollama";
}

/**
 * Finds the route of a request. Nothing is decoded or cleaned before it is looked up, so that no two readings of a
 * path can part; only a model name in a path is, once, and written anew. The query is dropped: no route has one, the
 * stock client's `ts` belongs to its signature, and on `/v1/audio/transcriptions` Go would take `model` from it before
 * it takes the form's.
 */
export function readTarget(method: string, target: string): Target {
  if (target.length > LONGEST_TARGET || !PLAIN.test(target)) return { kind: "malformed", code: "bad-target" };
  const queryAt = target.indexOf("?");
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  const fixed = FIXED.get(`${method} ${path}`);
  if (fixed !== undefined) return { kind: "route", route: fixed, path, models: [] };
  const variableAt = path.lastIndexOf("/") + 1;
  const route = VARYING.get(`${method} ${path.slice(0, variableAt)}`);
  return route === undefined
    ? { kind: "unknown" }
    : readVariable(route, path.slice(0, variableAt), path.slice(variableAt));
}

function readVariable(route: Route, prefix: string, text: string): Target {
  if (route.modelIn === "path") {
    const name = decodeOnce(text);
    if (name === null || readModelName(name) === null) return { kind: "malformed", code: "bad-model-name" };
    const written = encodeURIComponent(name).replaceAll("%3A", ":");
    return { kind: "route", route, path: `${prefix}${written}`, models: [name] };
  }
  const form = route.id.endsWith("{digest}") ? DIGEST : PUBLIC_KEY;
  if (!form.test(text)) return { kind: "malformed", code: "bad-target" };
  return { kind: "route", route, path: `${prefix}${text}`, models: [] };
}

function decodeOnce(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
