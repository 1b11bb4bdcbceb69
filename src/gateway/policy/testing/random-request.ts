import { GRANTS, type Key, SCOPES } from "../../key.ts";
import { aKey } from "./a-key.ts";
import type { NaiveRequest } from "./naive-policy.ts";

/** Numbers below 1, the same for the same seed (mulberry32). */
export function seedRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS", "TRACE", "get", "Post"];

const DIGEST = "0a".repeat(32);

const TARGETS = [
  "/",
  "/api/version",
  "/api/status",
  "/api/tags",
  "/api/ps",
  "/api/generate",
  "/api/chat",
  "/api/embed",
  "/api/embeddings",
  "/api/show",
  "/api/pull",
  "/api/push",
  "/api/create",
  "/api/copy",
  "/api/delete",
  "/api/me",
  "/api/signout",
  "/api/user/keys/c3NoLWVk",
  `/api/blobs/sha256:${DIGEST}`,
  `/api/blobs/sha256-${DIGEST.slice(1)}`,
  "/api/experimental/web_search",
  "/api/experimental/web_fetch",
  "/api/experimental/model-recommendations",
  "/v1/models",
  "/v1/models/llama3.2",
  "/v1/models/qwen3%3A8b",
  "/v1/models/alice%2Fx",
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/responses",
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/messages",
  "/v1/messages/count_tokens",
  "/v1/audio/speech",
  "/v1/systemone",
  "/debug/pprof/",
  "/debug/pprof/heap",
  "/debug/vars",
  "/metrics",
];

/** What is put into a target, at a random place. */
const PUT_IN = [
  "/",
  "//",
  "/.",
  "/..",
  "%2F",
  "%2e",
  "%70",
  "%",
  "?",
  "?ts=1",
  "#f",
  ";x",
  "\\",
  " ",
  "%00",
  "\u0000",
  "A",
  "a",
  ":",
  "ü",
  "*",
  "http://x",
];

const MODELS = [
  "llama3.2",
  "LLaMA3.2",
  "qwen3:8b",
  "qwen3:latest",
  "alice/x",
  "hf.co/a/b:q4",
  "gpt-oss:120b-cloud",
  "gpt-oss:cloud",
  "gpt-oss:20b:cloud",
  "llama3.2:local",
  "qwen3 ",
  "qwen3:",
  "http://a/b/c",
  "ｑwen3",
  "../x",
  "a/b/c/d",
  "q\u212a",
  "",
];

const PATTERNS = ["*", "qwen3:*", "llama3.2", "alice/*", "gpt-oss*", "*:8b", "Llama*", "hf.co/a/*", "*/x"];

const HEADERS: readonly (readonly [string, string])[] = [
  ["Accept", "*/*"],
  ["Content-Type", "application/json"],
  ["Content-Length", "0"],
  ["Content-Length", "20"],
  ["Transfer-Encoding", "chunked"],
  ["X-Forwarded-For", "10.0.0.1"],
  ["Transfer-Encoding", "gzip, chunked"],
  ["Content-Length", "+2"],
  ["X_Api_Key", "a"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["Host", "other"],
  ["Content-Encoding", "gzip"],
  ["Content-Encoding", "identity"],
  ["Expect", "100-continue"],
  ["Expect", "x"],
];

const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ["stream", ["true", "false", "null", '"x"']],
  ["options", ['{"num_ctx":4096}', '{"num_ctx":99999}', '{"num_ctx":"1"}', "{}", "null", "[]"]],
  ["keep_alive", ["300", "99999", "-1", "0", '"5m"', '"-1m"', '"soon"', "null", "true"]],
  ["messages", ['[{"role":"user","model":"x"}]', "[]"]],
  ["prompt", ['""', '"model"']],
  ["tools", ['[{"type":"function"}]', '[{"type":"web_search_20250305"}]']],
  ["remote_host", ['""', '"https://x.test"']],
  ["modelfile", ['"FROM x"']],
  ["MODEL", ['"llama3.2"']],
  ["\u017ftream", ["true"]],
  ["\u212aeep_alive", ["-1"]],
  ["Name", ['"llama3.2"']],
];

/** A request of which about one in three is nearly sound, and a key of which about one in two is. */
export function makeRequest(random: () => number): NaiveRequest {
  const pick = <T>(choices: readonly T[], fallback: T): T => choices[Math.floor(random() * choices.length)] ?? fallback;
  const some = <T>(choices: readonly T[], share: number): readonly T[] => choices.filter(() => random() < share);
  const target = makeTarget(random, pick);
  return {
    method: random() < 0.3 ? pick(METHODS, "GET") : chooseMethod(target),
    target,
    headers: [["Host", random() < 0.97 ? "gateway:11435" : "a/b"], ...some(HEADERS, random() < 0.6 ? 0 : 0.1)],
    peer: pick(["10.0.0.7", "10.9.0.1", "192.0.2.7", "127.0.0.1"], ""),
    now: pick([999, 1000, 1001], 0),
    key: random() < 0.05 ? null : makeKey(random, pick, some),
    fields: makeFields(random, pick, some),
  };
}

type Pick = <T>(choices: readonly T[], fallback: T) => T;
type Some = <T>(choices: readonly T[], share: number) => readonly T[];

function makeTarget(random: () => number, pick: Pick): string {
  const target = pick(TARGETS, "/");
  if (random() < 0.7) return target;
  const at = Math.floor(random() * (target.length + 1));
  return `${target.slice(0, at)}${pick(PUT_IN, "")}${target.slice(at + (random() < 0.3 ? 1 : 0))}`;
}

/** The method that most of the routes beneath that path have. */
function chooseMethod(target: string): string {
  if (/delete|user/.test(target)) return "DELETE";
  return /^\/(?:$|\?|debug|metrics|v1\/models|api\/(?:version|status|tags|ps|exp.*model))/.test(target)
    ? "GET"
    : "POST";
}

function makeKey(random: () => number, pick: Pick, some: Some): Key {
  return aKey({
    scopes: some(SCOPES, 0.8),
    grants: some(GRANTS, 0.5),
    models: random() < 0.5 ? null : some(PATTERNS, 0.4),
    from: random() < 0.7 ? null : some(["10.0.0.0/8", "10.0.0.0/24", "192.0.2.7", "0.0.0.0/0"], 0.5),
    expiresAt: pick([null, null, 1000], null),
    revokedAt: random() < 0.05 ? 1 : null,
    limits: {
      maxContextTokens: random() < 0.5 ? null : 8192,
      maxKeepAliveSeconds: random() < 0.5 ? null : 600,
    },
  });
}

function makeFields(random: () => number, pick: Pick, some: Some): NaiveRequest["fields"] {
  const named = ["model", ...some(["name", "source", "destination", "from", "model"], 0.12)];
  const names = random() < 0.15 ? ["source", "destination"] : named;
  return [
    ...names.map((name): readonly [string, string] => [
      name,
      random() < 0.03 ? pick(["7", "null", "[]", "{}"], "7") : JSON.stringify(pick(MODELS, "llama3.2")),
    ]),
    ...some(FIELDS, random() < 0.5 ? 0 : 0.15).map(([name, values]): readonly [string, string] => [
      name,
      pick(values, "null"),
    ]),
  ];
}
