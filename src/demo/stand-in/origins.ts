import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * The Origin check of gin-contrib/cors 1.7.2 as Ollama sets it up (envconfig `AllowedOrigins`). It is a
 * check on browsers only: a request without an Origin header passes it.
 */
export interface OriginCheck {
  readonly all: boolean;
  readonly exact: ReadonlySet<string>;
  /** Text before and after the star. */
  readonly patterns: readonly { readonly before: string; readonly after: string }[];
}

const ALLOWED_HEADERS = [
  "Authorization",
  "Content-Type",
  "User-Agent",
  "Accept",
  "X-Requested-With",
  "Openai-Beta",
  "X-Stainless-Arch",
  "X-Stainless-Async",
  "X-Stainless-Custom-Poll-Interval",
  "X-Stainless-Helper-Method",
  "X-Stainless-Lang",
  "X-Stainless-Os",
  "X-Stainless-Package-Version",
  "X-Stainless-Poll-Helper",
  "X-Stainless-Retry-Count",
  "X-Stainless-Runtime",
  "X-Stainless-Runtime-Version",
  "X-Stainless-Timeout",
].join(",");
const SCHEMES = [
  "http://",
  "https://",
  "chrome-extension://",
  "safari-extension://",
  "moz-extension://",
  "ms-browser-extension://",
];
const TWELVE_HOURS_IN_SECONDS = "43200";

/** The entries in force for a value of OLLAMA_ORIGINS: its own, then Ollama's defaults. */
function toAllowedOrigins(value: string): readonly string[] {
  const trimmed = value
    .trim()
    .replace(/^["']+|["']+$/g, "")
    .trim();
  const local = ["localhost", "127.0.0.1", "0.0.0.0"].flatMap((host) => [
    `http://${host}`,
    `https://${host}`,
    `http://${host}:*`,
    `https://${host}:*`,
  ]);
  return [
    ...(trimmed === "" ? [] : trimmed.split(",")),
    ...local,
    "app://*",
    "file://*",
    "tauri://*",
    "vscode-webview://*",
    "vscode-file://*",
  ];
}

/** Prepares the check, or says with which words Ollama panics at its start. */
export function parseOrigins(value: string): { readonly check: OriginCheck } | { readonly panic: string } {
  const entries = toAllowedOrigins(value);
  if (entries.some((entry) => !entry.includes("*") && !SCHEMES.some((scheme) => entry.startsWith(scheme)))) {
    return { panic: `bad origin: origins must contain '*' or include ${SCHEMES.join(",")}` };
  }
  if (entries.some((entry) => entry.split("*").length > 2)) {
    return { panic: "only one * is allowed" };
  }
  const patterns = entries.flatMap((entry) => {
    const star = entry.indexOf("*");
    return star < 0 ? [] : [{ before: entry.slice(0, star), after: entry.slice(star + 1) }];
  });
  const exact = new Set(entries.filter((entry) => !entry.includes("*")).map((entry) => entry.trim().toLowerCase()));
  return { check: { all: entries.includes("*"), exact, patterns } };
}

/** Applies the check: refused gets 403, a preflight 204, and what passes goes on to the next check. */
export function judgeOrigin(
  check: OriginCheck,
  request: IncomingMessage,
  host: string,
): "passes" | "refused" | "preflight" {
  const origin = request.headers.origin ?? "";
  if (origin === "" || origin === `http://${host}` || origin === `https://${host}`) {
    return "passes";
  }
  const allowed =
    check.all ||
    check.exact.has(origin) ||
    check.patterns.some(({ before, after }) => origin.startsWith(before) && origin.endsWith(after));
  if (!allowed) {
    return "refused";
  }
  return request.method === "OPTIONS" ? "preflight" : "passes";
}

/** Headers of an answer to an allowed foreign page; none where the request is not from one. */
export function setOriginHeaders(
  check: OriginCheck,
  request: IncomingMessage,
  host: string,
  response: ServerResponse,
): void {
  const origin = request.headers.origin ?? "";
  if (origin === "" || origin === `http://${host}` || origin === `https://${host}`) {
    return;
  }
  response.setHeader("Access-Control-Allow-Origin", check.all ? "*" : origin);
  if (!check.all) {
    response.setHeader("Vary", "Origin");
  }
  if (request.method === "OPTIONS") {
    response.setHeader("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS");
    response.setHeader("Access-Control-Allow-Headers", ALLOWED_HEADERS);
    response.setHeader("Access-Control-Max-Age", TWELVE_HOURS_IN_SECONDS);
    if (!check.all) {
      response.setHeader("Vary", ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]);
    }
  }
}
