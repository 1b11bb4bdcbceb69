import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../key.ts";
import { READ_LIMIT_BYTES } from "./decide.ts";
import { listRoutes, ROUTES } from "./routes.ts";
import { aKey } from "./testing/a-key.ts";
import { ask, type Request, tell } from "./testing/ask.ts";

const DIGEST = `sha256:${"0a".repeat(32)}`;
const INFERENCE = aKey({ scopes: ["inference"], grants: [] });
const OLLAMA_CHAT = { method: "POST", target: "/api/chat", key: aKey() };
const FORM = "multipart/form-data; boundary=b";

/** A request each for every route: one that is fine but for who asks. */
function anExample(id: string, model = "llama3.2"): Omit<Request, "key"> {
  const [method = "", path = ""] = id.split(" ");
  const target = path.replace("{model}", model).replace("{digest}", DIGEST).replace("{key}", "c3NoLWVk");
  const form = `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n--b--\r\n`;
  if (id === "POST /v1/audio/transcriptions") return { method, target, body: form, contentType: FORM };
  const names = id === "POST /api/copy" ? { source: model, destination: model } : { model };
  return { method, target, body: JSON.stringify(names) };
}

test("every route of the table is forwarded to its own path for a key with every right", () => {
  for (const route of ROUTES) {
    const example = anExample(route.id);
    assert.equal(tell(ask({ ...example, key: aKey() })), `forward ${example.target}`, route.id);
  }
});

test("case 1: without a key every request that has a plain form is answered alike, known route or not", () => {
  for (const route of ROUTES) assert.equal(tell(ask({ ...anExample(route.id), key: null })), "401 unauthenticated");
  for (const target of ["/nowhere", "/api/pull/", "/debug/pprof/cmdline"]) {
    assert.equal(tell(ask({ method: "POST", target, key: null })), "401 unauthenticated");
  }
});

test("case 15: a key ends with the very millisecond it says", () => {
  const key = aKey({ expiresAt: 5000 });
  assert.equal(tell(ask({ ...anExample("GET /api/tags"), key, now: 4999 })), "forward /api/tags");
  assert.equal(tell(ask({ ...anExample("GET /api/tags"), key, now: 5000 })), "401 unauthenticated");
});

test("case 17: revoked, expired and unknown keys get the same answer", () => {
  const answers = [null, aKey({ revokedAt: 1 }), aKey({ expiresAt: 1 })].map((key) =>
    ask({ ...anExample("GET /api/tags"), key }),
  );
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

test("case 23: an inference key changes nothing and sees no blob", () => {
  const ids = [
    "POST /api/pull",
    "POST /api/push",
    "POST /api/create",
    "POST /api/copy",
    "DELETE /api/delete",
    "POST /api/blobs/{digest}",
    "HEAD /api/blobs/{digest}",
    "POST /api/signout",
    "POST /api/me",
    "DELETE /api/user/keys/{key}",
  ];
  for (const id of ids) assert.equal(tell(ask({ ...anExample(id), key: INFERENCE })), "403 scope-missing", id);
});

test("a scope opens its own routes and no other", () => {
  for (const scope of ["inference", "read", "manage"] as const) {
    const allowed = ROUTES.filter(
      (route) => ask({ ...anExample(route.id), key: aKey({ scopes: [scope] }) }).kind === "forward",
    );
    assert.deepEqual(
      allowed.map(({ id, grant }) => ({ id, grant })),
      listRoutes(scope),
    );
  }
});

test("cases 24 and 25: cloud, experimental and debug routes are off until granted by name", () => {
  for (const route of ROUTES.filter(({ grant }) => grant !== null)) {
    assert.equal(tell(ask({ ...anExample(route.id), key: aKey({ grants: [] }) })), "403 grant-missing", route.id);
  }
});

test("case 24: what else Go or a gateway may serve on the port is no route", () => {
  for (const target of [
    "/metrics",
    "/debug/pprof/cmdline",
    "/debug/pprof",
    "/admin",
    "/healthz",
    "/v1/messages/count_tokens",
  ]) {
    assert.equal(tell(ask({ method: "GET", target, key: aKey() })), "403 no-such-route", target);
  }
});

test("case 25: a model that ollama.com answers for needs the grant, however it is written", () => {
  const key = aKey({ grants: [] });
  for (const model of [
    "gpt-oss:120b-cloud",
    "gpt-oss:120B-CLOUD",
    "gpt-oss:cloud",
    "gpt-oss:120b:cloud",
    "a/gpt-oss:Cloud",
  ]) {
    assert.equal(tell(ask({ ...anExample("POST /api/chat", model), key })), "403 grant-missing", model);
    assert.equal(tell(ask({ ...anExample("POST /api/chat", model), key: aKey() })), "forward /api/chat", model);
  }
});

test("case 25: a search tool makes Ollama ask ollama.com also for a model of this host", () => {
  const body = '{"model":"llama3.2","tools":[{"type":"custom"},{"Type":"web_search_20250305"}]}';
  const request = { method: "POST", target: "/v1/messages", body };
  assert.equal(tell(ask({ ...request, key: aKey({ grants: [] }) })), "403 grant-missing");
  assert.equal(tell(ask({ ...request, key: aKey({ grants: ["experimental"] }) })), "forward /v1/messages");
});

test("a model that is made to be asked elsewhere, and a prompt that is only shown, need their grants", () => {
  const create = {
    method: "POST",
    target: "/api/create",
    body: '{"model":"a","from":"b","remote_host":"https://x.test"}',
  };
  const show = { method: "POST", target: "/api/generate", body: '{"model":"a","_debug_render_only":true}' };
  assert.equal(tell(ask({ ...create, key: aKey({ grants: ["debug"] }) })), "403 grant-missing");
  assert.equal(tell(ask({ ...create, key: aKey({ grants: ["cloud"] }) })), "forward /api/create");
  assert.equal(tell(ask({ ...show, key: aKey({ grants: ["cloud"] }) })), "403 grant-missing");
  assert.equal(tell(ask({ ...show, key: aKey({ grants: ["debug"] }) })), "forward /api/generate");
});

test("case 26: a key that may not use a model can neither load nor unload it", () => {
  const key = aKey({ models: ["qwen3:*"] });
  for (const extra of ['"keep_alive":0', '"keep_alive":-1', '"prompt":"","keep_alive":"24h"']) {
    const body = `{"model":"llama3.2",${extra}}`;
    assert.equal(tell(ask({ method: "POST", target: "/api/generate", body, key })), "403 model-not-allowed");
  }
});

test("case 27: methods that a route does not have are no route", () => {
  const cases = [
    "HEAD /api/chat",
    "HEAD /api/ps",
    "HEAD /v1/models",
    "GET /api/chat",
    "GET /api/delete",
    "POST /api/tags",
  ];
  for (const id of cases) assert.equal(tell(ask({ ...anExample(id), key: aKey() })), "403 no-such-route", id);
});

test("cases 29 and 58: other methods are no route, and neither are known ones in another case", () => {
  for (const method of ["CONNECT", "TRACE", "OPTIONS", "PUT", "PATCH", "PROPFIND", "get", "Get", "", "GET "]) {
    assert.equal(tell(ask({ method, target: "/api/tags", key: aKey() })), "403 no-such-route", method);
  }
});

test("case 36: a body that names no model, or one in a wrong way, goes no further", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["{}", "400 model-missing"],
    ['{"model":""}', "400 model-missing"],
    ['{"model":null}', "400 model-missing"],
    ['{"model":7}', "400 bad-field"],
    ['{"model":["llama3.2"]}', "400 bad-field"],
    ['{"model":{"name":"llama3.2"}}', "400 bad-field"],
    ['{"options":{"model":"llama3.2"}}', "400 model-missing"],
    ['{"model":"a","model":"b"}', "400 duplicate-field"],
    ['{"model":"a","mod\\u0065l":"b"}', "400 duplicate-field"],
    ['{"model":"a","MODEL":"b"}', "400 duplicate-field"],
    ['{"Model":"a"}', "400 misspelt-field"],
    ["", "400 bad-body"],
    ["[]", "400 bad-body"],
    ['"llama3.2"', "400 bad-body"],
  ];
  for (const [body, answer] of cases) assert.equal(tell(ask({ ...OLLAMA_CHAT, body })), answer, body);
});

test("case 37: blanks, look-alikes and control characters make no other name of a denied one", () => {
  const key = aKey({ models: ["qwen3:*"] });
  for (const model of [
    "qwen3 ",
    " qwen3",
    "qwen3:8b\n",
    "qwen3:8b\u0000",
    "ｑwen3:8b",
    "qwen\u0430",
    "http://qwen3",
    "qwen3:",
    "..",
    "qwen3:a:b",
    "@sha",
    "qwen3+b",
  ]) {
    const body = JSON.stringify({ model });
    assert.equal(tell(ask({ method: "POST", target: "/api/chat", body, key })), "400 bad-model-name", model);
  }
});

test("case 38: `name` counts as much as `model` where Ollama reads both", () => {
  const key = aKey({ models: ["qwen3:*"] });
  for (const id of ["POST /api/show", "DELETE /api/delete", "POST /api/pull", "POST /api/push", "POST /api/create"]) {
    const request = { ...anExample(id), key };
    assert.equal(tell(ask({ ...request, body: '{"name":"llama3.2"}' })), "403 model-not-allowed", id);
    assert.equal(
      tell(ask({ ...request, body: '{"model":"qwen3:8b","name":"llama3.2"}' })),
      "403 model-not-allowed",
      id,
    );
    assert.equal(tell(ask({ ...request, body: '{"name":"qwen3:8b"}' })), `forward ${request.target}`, id);
  }
});

test("case 40: every route that names a model asks whether the key may use it", () => {
  const routes = ROUTES.filter(({ modelIn }) => modelIn !== "none");
  assert.equal(routes.length, 21);
  for (const { id } of routes) {
    const key = aKey({ models: ["qwen3:*"] });
    assert.equal(tell(ask({ ...anExample(id, "llama3.2"), key })), "403 model-not-allowed", id);
    assert.equal(ask({ ...anExample(id, "qwen3:8b"), key }).kind, "forward", id);
  }
});

test("case 40: a copy needs both its names, and a creation the model it is made from", () => {
  const key = aKey({ models: ["qwen3:*"] });
  const cases: readonly (readonly [string, string, string])[] = [
    ["/api/copy", '{"source":"llama3.2","destination":"qwen3:mine"}', "403 model-not-allowed"],
    ["/api/copy", '{"source":"qwen3:8b","destination":"llama3.2"}', "403 model-not-allowed"],
    ["/api/copy", '{"source":"qwen3:8b"}', "400 model-missing"],
    ["/api/create", '{"model":"qwen3:mine","from":"llama3.2"}', "403 model-not-allowed"],
    ["/api/create", '{"model":"qwen3:mine","modelfile":"FROM llama3.2"}', "400 field-refused"],
    ["/api/create", '{"name":"qwen3:mine","path":"/etc/passwd"}', "400 field-refused"],
  ];
  for (const [target, body, answer] of cases)
    assert.equal(tell(ask({ method: "POST", target, body, key })), answer, body);
});

test("case 56: a key is only good in its networks, whatever a header says of the caller", () => {
  const key = aKey({ from: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.9"] });
  const cases: readonly (readonly [string, string])[] = [
    ["10.255.0.1", "forward /api/tags"],
    ["11.0.0.1", "403 network-not-allowed"],
    ["2001:db8:ffff::1", "forward /api/tags"],
    ["2001:db9::1", "403 network-not-allowed"],
    ["192.0.2.9", "forward /api/tags"],
    ["192.0.2.10", "403 network-not-allowed"],
    ["::ffff:10.0.0.1", "forward /api/tags"],
    ["0x0a.0.0.1", "403 network-not-allowed"],
    ["", "403 network-not-allowed"],
  ];
  for (const [peer, answer] of cases)
    assert.equal(tell(ask({ ...anExample("GET /api/tags"), key, peer })), answer, peer);
});

test("case 57: this host itself is no exception", () => {
  const key = aKey({ from: ["10.0.0.0/8"] });
  for (const peer of ["127.0.0.1", "::1"]) {
    assert.equal(tell(ask({ ...anExample("GET /api/tags"), key, peer })), "403 network-not-allowed");
  }
});

test("a network that cannot be read lets nobody in, and neither does an empty list", () => {
  for (const from of [["10.0.0.0/33"], ["10.0.0"], ["0x0a.0.0.0/8"], ["everybody"], ["/0"], []]) {
    assert.equal(
      tell(ask({ ...anExample("GET /api/tags"), key: aKey({ from }), peer: "10.0.0.1" })),
      "403 network-not-allowed",
    );
  }
});

test("a key's caps hold for the context and for how long a model stays loaded", () => {
  const key = aKey({ limits: { maxContextTokens: 8192, maxKeepAliveSeconds: 600 } });
  const cases: readonly (readonly [string, string])[] = [
    ['"options":{"num_ctx":8192}', "forward /api/chat"],
    ['"options":{"num_ctx":8193}', "403 context-too-large"],
    ['"options":{"num_ctx":1e9}', "403 context-too-large"],
    ['"options":{"num_ctx":"1"}', "400 bad-field"],
    ['"options":{"num_ctx":1,"num_ctx":99999}', "400 duplicate-field"],
    ['"options":{"num_ctx":1,"num\\u005fctx":99999}', "400 duplicate-field"],
    ['"Options":{"num_ctx":99999}', "400 misspelt-field"],
    ['"options":[]', "400 bad-field"],
    ['"options":null', "forward /api/chat"],
    ['"keep_alive":600', "forward /api/chat"],
    ['"keep_alive":601', "403 keep-alive-too-long"],
    ['"keep_alive":"10m"', "forward /api/chat"],
    ['"keep_alive":"10m1s"', "403 keep-alive-too-long"],
    ['"keep_alive":-1', "403 keep-alive-too-long"],
    ['"keep_alive":"-1s"', "403 keep-alive-too-long"],
    ['"keep_alive":0', "forward /api/chat"],
    ['"keep_alive":"soon"', "400 bad-field"],
    ['"\u212aeep_alive":-1', "400 misspelt-field"],
  ];
  for (const [extra, answer] of cases) {
    assert.equal(
      tell(ask({ method: "POST", target: "/api/chat", body: `{"model":"a",${extra}}`, key })),
      answer,
      extra,
    );
  }
});

test("no model is made whose context a key could not ask for", () => {
  const key = aKey({ limits: { maxContextTokens: 8192 } });
  const create = (tokens: number): string =>
    tell(ask({ method: "POST", target: "/api/create", body: `{"model":"a","parameters":{"num_ctx":${tokens}}}`, key }));
  assert.equal(create(8192), "forward /api/create");
  assert.equal(create(8193), "403 context-too-large");
});

test("how much of a body is read and sent on", () => {
  const limitOf = (id: string, key: Key): number | null => {
    const decision = ask({ ...anExample(id), key });
    return decision.kind === "forward" ? decision.bodyLimitBytes : Number.NaN;
  };
  const small = aKey({ limits: { maxBodyBytes: 1000 } });
  const large = aKey({ limits: { maxBodyBytes: 50e9 } });
  assert.equal(limitOf("POST /api/chat", aKey()), READ_LIMIT_BYTES);
  assert.equal(limitOf("POST /api/chat", small), 1000);
  assert.equal(limitOf("POST /api/chat", large), READ_LIMIT_BYTES);
  assert.equal(limitOf("POST /api/blobs/{digest}", aKey()), null);
  assert.equal(limitOf("POST /api/blobs/{digest}", large), 50e9);
  assert.equal(limitOf("GET /api/tags", large), 0);
});

test("models are told by their normalised names, each once", () => {
  const body = '{"source":"Llama3.2","destination":"registry.ollama.ai/library/llama3.2:latest"}';
  const decision = ask({ method: "POST", target: "/api/copy", body, key: aKey() });
  assert.deepEqual(decision.kind === "forward" ? decision.models : null, ["llama3.2:latest"]);
});

test("an error is told in the form of the API that was asked", () => {
  const apiOf = (target: string): string => {
    const decision = ask({ method: "POST", target, key: null });
    return decision.kind === "refuse" ? decision.api : "";
  };
  assert.deepEqual(
    ["/api/chat", "/v1/models", "/v1/messages", "/v1/messages?beta=true", "/v1/messages/x", "/v1/messagesx", "*"].map(
      apiOf,
    ),
    ["ollama", "openai", "anthropic", "anthropic", "anthropic", "openai", "ollama"],
  );
});
