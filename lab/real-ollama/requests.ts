/** What both are asked, in this order: later rows meet what earlier ones have made. */
import { createHash } from "node:crypto";
import { ROUTES } from "../../src/servers/ollama/routes.ts";
import type { Asked } from "./exchange.ts";

/** The model both have. */
export const MODEL = "tiny";

const ABSENT = "0".repeat(64);
const HELLO = createHash("sha256").update("hello").digest("hex");
const GET_VERSION = { method: "GET", path: "/api/version" };

/** Which Host headers pass the check of a listener on loopback. */
const HOSTS: readonly string[] = [
  ["localhost", "LOCALHOST", "localhost:80", "localhost:abc", "localhost.", "a.localhost", "a.local", "A.Internal"],
  ["local", ".local", "example.com", "localhost.example.com", "host.docker.internal", "ollama", "127.0.0.1"],
  ["127.0.0.1:11434", "127.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.32.0.1", "192.168.0.1", "169.254.1.1"],
  ["100.64.0.1", "8.8.8.8", "0.0.0.0", "255.255.255.255", "[::1]", "[::1]:80", "::1", "[::]:80", "[fd00::1]:80"],
  ["[fe80::1]:80", "[2001:db8::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:8.8.8.8]:80", "[::ffff:10.0.0.1]:80"],
  ["0127.0.0.1", "2130706433", "a b", "a_b.local", "x@localhost", "localhost,example.com", "127.0.0.1:", ":80"],
  ["a.local.", "example.internal:443", "ollama.com", "%6cocalhost", "localhost/", "[::1%25lo]:80"],
].flat();

/** Which pages pass the Origin check. */
const ORIGINS: readonly string[] = [
  ["http://localhost", "http://localhost:3000", "https://localhost:x", "http://LOCALHOST", "http://127.0.0.1:1"],
  ["http://0.0.0.0", "http://[::1]", "https://example.com", "null", "file://", "app://obsidian.md", "tauri://x"],
  ["vscode-webview://abc", "chrome-extension://abc", "http://localhost.example.com", "http://localhost:1.evil.com"],
  ["http://127.0.0.1.evil.com", "localhost", "https://localhost", "http://10.0.0.1", "http://example.com:80"],
].flat();

const PATHS: readonly string[] = [
  ["/", "//", "/api", "/api/", "/api/tags/", "//api/tags", "/api//tags", "/api/./tags", "/api/../api/tags"],
  ["/API/TAGS", "/%61pi/tags", "/api%2Ftags", "/api/tags?x=1", "/api/tags%3Fx", "/api/tags%00", "/api/tags;x"],
  ["/api/../../etc/passwd", "/..", "/api/%2e%2e/tags", "http://localhost/api/tags", "http://example.com/api/tags"],
  ["https://localhost/api/tags", "/v1/models/tiny", "/v1/models/nope", "/v1/models/", "/v1/models/a/b"],
  ["/v1/models/a%2Fb", "/api/blobs/x", "/debug/pprof/", "/metrics", "/api/tags/x", "/v2/models", "/%zz", "api/tags"],
  ["/api/status", "/api/ps", "/api/experimental/model-recommendations", "/api/experimental/aliases"],
].flat();

/** Bodies that ask for nothing that could be given. */
const BODIES: readonly unknown[] = [
  ["", "{", "[]", "null", "7", '"x"', "{bad", `{"model":"nope"`, "{}", `{"model":"nope"} rest`, "\0", "\ufeff{}"],
  [{ model: "" }, { model: "nope" }, { model: 7 }, { model: "a b" }, { MODEL: "nope" }, { name: "nope" }],
].flat();

/** A request that leaves the machine, or changes what the other side has not. */
const LEAVES: ReadonlySet<string> = new Set(["/api/pull", "/api/push"]);
const namesModel = (body: unknown): boolean => /nope/.test(JSON.stringify(body));

const SIGN_IN = /^\/api\/(?:me|signout|user\/keys)/;
const posts = ROUTES.flatMap(({ methods, path }) => (methods.includes("POST") ? [path] : []));
const asksAccount = (path: string): boolean => SIGN_IN.test(path);

/** Every route with every method, without a body and with a length of 0. */
function askRoutes(): readonly Asked[] {
  const paths = [...new Set(ROUTES.map(({ path }) => path.replace(/:\w+/, "x")))].filter((path) => !asksAccount(path));
  return paths.flatMap((path) =>
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"].flatMap((method) => {
      const without: Asked = { method, path };
      return ["POST", "DELETE"].includes(method) ? [without, { method, path, body: "" }] : [without];
    }),
  );
}

const chat = { model: MODEL, messages: [{ role: "user", content: "hello" }] };
const short = { options: { num_predict: 5 } };
const post = (path: string, body: unknown): Asked => ({ method: "POST", path, body });

/** What people ask, and the changes a manager makes. */
const SERVED: readonly Asked[] = [
  { method: "GET", path: "/api/tags" },
  { method: "GET", path: "/v1/models" },
  post("/api/show", { model: MODEL }),
  post("/api/generate", { model: MODEL, prompt: "hello", ...short }),
  post("/api/generate", { model: MODEL, prompt: "hello", ...short, stream: false }),
  post("/api/generate", { model: MODEL }),
  post("/api/generate", { model: MODEL, keep_alive: 0 }),
  post("/api/generate", { model: MODEL, prompt: "hello", keep_alive: "x" }),
  post("/api/generate", { model: MODEL, prompt: "hello", keep_alive: -1, ...short }),
  { method: "GET", path: "/api/ps" },
  post("/api/chat", { ...chat, ...short }),
  post("/api/chat", { ...chat, ...short, stream: false }),
  post("/api/chat", { model: MODEL, messages: [] }),
  post("/api/chat", { ...chat, think: true }),
  post("/api/embed", { model: MODEL, input: "hello" }),
  post("/api/embed", { model: MODEL, input: ["a", "b"] }),
  post("/api/embed", { model: MODEL, input: "" }),
  post("/api/embeddings", { model: MODEL, prompt: "hello" }),
  post("/v1/chat/completions", { ...chat, max_tokens: 5 }),
  post("/v1/chat/completions", { ...chat, max_tokens: 5, stream: true }),
  post("/v1/chat/completions", { ...chat, max_tokens: 5, stream: true, stream_options: { include_usage: true } }),
  post("/v1/chat/completions", { model: MODEL, messages: [] }),
  post("/v1/completions", { model: MODEL, prompt: "hello", max_tokens: 5 }),
  post("/v1/completions", { model: MODEL, prompt: "hello", max_tokens: 5, stream: true }),
  post("/v1/embeddings", { model: MODEL, input: "hello" }),
  post("/v1/responses", { model: MODEL, input: "hello", max_output_tokens: 5 }),
  post("/v1/responses", { model: MODEL, input: "hello", max_output_tokens: 5, stream: true }),
  post("/v1/messages", { ...chat, max_tokens: 5 }),
  post("/v1/messages", { ...chat, max_tokens: 5, stream: true }),
  post("/api/copy", { source: MODEL, destination: "other" }),
  post("/api/copy", { source: "nope", destination: "other" }),
  post("/api/copy", { source: "", destination: "other" }),
  post("/api/copy", { source: MODEL, destination: "a b" }),
  post("/api/create", { model: "made", from: MODEL, system: "be kind" }),
  post("/api/create", { model: "made", from: MODEL, stream: false }),
  post("/api/create", { model: "made", files: { "x.gguf": `sha256:${ABSENT}` } }),
  post("/api/push", { model: "nope" }),
  { method: "GET", path: "/api/tags" },
  { method: "DELETE", path: "/api/delete", body: { model: "made" } },
  { method: "DELETE", path: "/api/delete", body: { model: "made" } },
  { method: "DELETE", path: "/api/delete", body: { name: "other" } },
  { method: "HEAD", path: `/api/blobs/sha256:${HELLO}` },
  post(`/api/blobs/sha256:${ABSENT}`, "hello"),
  { method: "HEAD", path: `/api/blobs/sha256:${ABSENT}` },
  { method: "HEAD", path: `/api/blobs/sha256:${HELLO}` },
  post(`/api/blobs/sha256:${HELLO}`, "other"),
  post(`/api/blobs/sha256-${HELLO}`, "hello"),
  post(`/api/blobs/sha256:${HELLO.toUpperCase()}`, "hello"),
  post("/api/blobs/sha256:zz", "hello"),
  { method: "HEAD", path: "/api/blobs/sha256:zz" },
];

/** Where they may differ, by what was asked, and why that is right. */
export const KNOWN_DIFFERENCES: readonly { readonly asked: RegExp; readonly why: string }[] = [
  {
    asked: /^\w+ {2}[^ ]*(?:\/\/|\/\.\.?(?:\/|$))/,
    why: "Go 1.26 redirects with 307, the Go of the releases with 301",
  },
  { asked: /^GET {2}.*pi(?:%2F|\/)tags/, why: "`capabilities` came with a release after 0.17.4" },
  { asked: /^POST {2}\/api\/show {2}\{"model":"tiny"/, why: "the stand-in's model has no weights to describe" },
  { asked: /^POST {2}\/api\/create {2}.*"from":"tiny"/, why: "the stand-in's model has two layers" },
];

const PREFLIGHT = { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" };

export const REQUESTS: readonly Asked[] = [
  ...SERVED,
  ...HOSTS.map((Host): Asked => ({ ...GET_VERSION, headers: { Host } })),
  ...["localhost", "127.0.0.1", "example.com"].map((Host): Asked => ({
    method: "OPTIONS",
    path: "/",
    headers: { Host },
  })),
  { ...GET_VERSION, headers: { Host: "" } },
  ...ORIGINS.map((Origin): Asked => ({ ...GET_VERSION, headers: { Origin } })),
  ...ORIGINS.map((Origin): Asked => ({ method: "OPTIONS", path: "/api/chat", headers: { Origin, ...PREFLIGHT } })),
  { ...GET_VERSION, headers: { Host: "example.com", Origin: "http://example.com" } },
  ...PATHS.flatMap((path): readonly Asked[] => ["GET", "HEAD", "POST"].map((method) => ({ method, path }))),
  ...askRoutes(),
  ...posts.flatMap((path) =>
    path.includes(":") || asksAccount(path)
      ? []
      : BODIES.filter((body) => !LEAVES.has(path) || !namesModel(body)).map((body) => post(path, body)),
  ),
  ...BODIES.map((body): Asked => ({ method: "DELETE", path: "/api/delete", body })),
];
