import type { ProxySite } from "./site.ts";

/** First line of every file that Portlock writes for a proxy. */
export const HEAD: string = "# Written by Portlock, and taken back by `portlock undo`.";

/** Silence that is borne, in seconds: a large model is loaded, and a long prompt read, before the first word comes. */
export const SILENCE_SECONDS = 1800;
/** Connections that one client address may hold open: each stream is one, and one web application may ask for everybody. */
export const CONNECTIONS_PER_ADDRESS = 256;

/** Headers that the clients of Ollama, OpenAI and Anthropic send from a web page; the list is Ollama's own, and more. */
export const CORS_HEADERS: string = [
  "Authorization",
  "Content-Type",
  "Accept",
  "User-Agent",
  "X-Requested-With",
  "X-Api-Key",
  "Anthropic-Version",
  "Anthropic-Beta",
  "Anthropic-Dangerous-Direct-Browser-Access",
  "OpenAI-Beta",
  "X-Stainless-Arch",
  "X-Stainless-Async",
  "X-Stainless-Custom-Poll-Interval",
  "X-Stainless-Helper-Method",
  "X-Stainless-Lang",
  "X-Stainless-OS",
  "X-Stainless-Package-Version",
  "X-Stainless-Poll-Helper",
  "X-Stainless-Retry-Count",
  "X-Stainless-Runtime",
  "X-Stainless-Runtime-Version",
  "X-Stainless-Timeout",
].join(", ");
export const CORS_METHODS = "GET, HEAD, POST, DELETE, OPTIONS";
export const CORS_MAX_AGE_SECONDS = 600;

/** Headers of every answer: it is data, for whoever asked, and no page. */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cache-Control", "no-store"],
];

/** Headers of a request that the model server is handed; every other one stays at the proxy. */
export const PASSED_HEADERS = ["Content-Type", "Accept", "User-Agent"] as const;

/** Lines that say what the site is, behind the first line. */
export function toIntroduction(site: ProxySite): readonly string[] {
  const scopes = site.scopes.join(", ");
  return [
    HEAD,
    `# Lets in whoever shows ${toCredentialText(site)}, to these routes alone: ${scopes}.`,
    "# Change it with `portlock proxy`, which checks it; what is changed here by hand is lost then.",
    "",
  ];
}

function toCredentialText({ auth }: ProxySite): string {
  if (auth.kind === "portlock") return "a key of the gateway";
  return auth.kind === "basic" ? "a password (basic)" : "a key (bearer)";
}
