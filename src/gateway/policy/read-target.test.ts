import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readTarget } from "./read-target.ts";
import { ROUTES } from "./routes.ts";

const DIGEST = "0123456789abcdef".repeat(4);

/** What the upstream would be asked with, or why it is not asked. */
function read(method: string, target: string): string {
  const result = readTarget(method, target);
  if (result.kind === "route") return `${result.route.id} → ${result.path}`;
  return result.kind === "malformed" ? result.code : "unknown";
}

test("every route has an id of its own, and HEAD is where Ollama has it", () => {
  assert.equal(new Set(ROUTES.map(({ id }) => id)).size, ROUTES.length);
  assert.deepEqual(
    ROUTES.filter(({ method }) => method === "HEAD").map(({ id }) => id),
    ["HEAD /", "HEAD /api/version", "HEAD /api/tags", "HEAD /api/blobs/{digest}"],
  );
  for (const { id, method } of ROUTES) assert.ok(id.startsWith(`${method} /`), id);
});

test("case 9: a query reaches nobody: it is dropped, whatever it says", () => {
  for (const query of [
    "?",
    "?ts=1732786800",
    "?beta=true",
    "?api_key=secret",
    "?model=denied",
    "?_method=DELETE",
    "?a=/../b&c=%00?d",
  ]) {
    assert.equal(read("POST", `/api/chat${query}`), "POST /api/chat → /api/chat", query);
  }
});

test("case 30: double slashes, dots, trailing slashes and another case are no route", () => {
  const targets = [
    "//api/pull",
    "/api//pull",
    "/./api/pull",
    "/api/./pull",
    "/x/../api/pull",
    "/api/../api/pull",
    "/api../pull",
    "/api/pull/",
    "/api/pull/.",
    "/API/pull",
    "/api/Pull",
    "/api/pull//",
    "//",
    "/.",
    "/..",
    "/api",
    "/api/",
    "/v1",
    "/v1/",
  ];
  for (const target of targets) assert.equal(read("POST", target), "unknown", target);
});

test("case 31: nothing of a route is decoded", () => {
  const targets = [
    "/api%2Fpull",
    "/api%2fpull",
    "/api%5Cpull",
    "/%2e/api/pull",
    "/x/%2e%2e/api/pull",
    "/api/%70ull",
    "/%61pi/pull",
    "/api/pull%20",
    "/api/pull%2e",
    "/api%252Fpull",
    "/api/%2570ull",
  ];
  for (const target of targets) assert.equal(read("POST", target), "unknown", target);
});

test("case 32: parameters, NUL and overlong UTF-8 are no route; what is no plain target is refused as such", () => {
  for (const target of [
    "/api/pull;x",
    "/api;x/pull",
    "/api/pull%00",
    "/api/pull%23f",
    "/api/%c0%afpull",
    "/api/pull%",
  ]) {
    assert.equal(read("POST", target), "unknown", target);
  }
  for (const target of [
    "/api/pull#f",
    "/api/pull\\",
    "\\api\\pull",
    "/api\\pull",
    "/api/pull\u0000",
    "/api/pull ",
    "/api/pu ll",
    "/api/p\u00fcll",
    "/api/pull\u00ad",
    "/api/pull\t",
    "/api/pull\r\nX: y",
    "/api/pull\n",
    "/api/{pull}",
    '/api/"pull"',
    "/api/pull?x y",
    "/api/pull?x#y",
    `/${"a".repeat(9000)}`,
  ]) {
    assert.equal(read("POST", target), "bad-target", target);
  }
});

test("case 33: no prefix opens what lies beneath it", () => {
  for (const target of [
    "/v1/../api/pull",
    "/v1/%2e%2e/api/pull",
    "/v1/..%2fapi%2fpull",
    "/v1/..;/api/pull",
    "/v1/models/../../api/pull",
    "/v1/chat/completions/x",
    "/api/blobs/../pull",
  ]) {
    assert.equal(read("POST", target), "unknown", target);
  }
});

test("case 34: only the origin form is a target", () => {
  for (const target of [
    "http://127.0.0.1/api/pull",
    "HTTP://x/api/pull",
    "*",
    "example.com:443",
    "",
    "api/pull",
    "?x",
    ":80/api/pull",
  ]) {
    assert.equal(read("POST", target), "bad-target", target);
  }
});

test("case 35: a model in a path is decoded once, checked and written anew", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["llama3.2", "/v1/models/llama3.2"],
    ["llama3.2:1b", "/v1/models/llama3.2:1b"],
    ["llama3.2%3A1b", "/v1/models/llama3.2:1b"],
    ["%6clama3.2", "/v1/models/llama3.2"],
    ["hf.co%2Fbartowski%2Fx%3Aq4", "/v1/models/hf.co%2Fbartowski%2Fx:q4"],
    ["ns%2fmodel", "/v1/models/ns%2Fmodel"],
  ];
  for (const [text, path] of cases) assert.equal(read("GET", `/v1/models/${text}`), `GET /v1/models/{model} → ${path}`);
  const refused = [
    "",
    "..",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fapi%2ftags",
    "a%252Fb",
    "a%2",
    "a%zz",
    "a%00",
    "a%0d%0aX:y",
    "a%20",
    "a%c3%bc",
    "a+b",
    "a;b",
    "-a",
    "%ff",
    "a%2Fb%2Fc%2Fd",
  ];
  for (const text of refused) assert.equal(read("GET", `/v1/models/${text}`), "bad-model-name", text);
  assert.equal(read("GET", "/v1/models/ns/model"), "unknown");
});

test("case 45: a digest is one, and nothing of a path", () => {
  const route = "POST /api/blobs/{digest} → /api/blobs/";
  for (const digest of [`sha256:${DIGEST}`, `sha256-${DIGEST}`, `sha256:${DIGEST.toUpperCase()}`]) {
    assert.equal(read("POST", `/api/blobs/${digest}`), route + digest);
  }
  for (const digest of [
    "",
    "sha256:..",
    "sha256:..%2f..",
    `sha256:${DIGEST}0`,
    `sha256:${DIGEST.slice(1)}`,
    `SHA256:${DIGEST}`,
    `sha256%3A${DIGEST}`,
    `sha512:${DIGEST}`,
    `sha256:${DIGEST.slice(1)}g`,
  ]) {
    assert.equal(read("POST", `/api/blobs/${digest}`), "bad-target", digest);
  }
  assert.equal(read("POST", "/api/blobs/sha256:../../../etc/passwd"), "unknown");
});

test("whatever is asked, the upstream is asked with a path of the table", () => {
  const allowed = new RegExp(
    `^(?:${ROUTES.map(({ id }) => id.replace(/^\w+ /, "").replace(/\{\w+\}/, "[A-Za-z0-9_.:%=-]+")).join("|")})$`,
  );
  const pieces = fc.constantFrom(
    "/",
    "api",
    "v1",
    "models",
    "blobs",
    "pull",
    "tags",
    "..",
    "%2e",
    "%2F",
    "?",
    "a",
    `sha256:${DIGEST}`,
    ";",
    "\\",
  );
  const targets = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join("")}`),
  );
  fc.assert(
    fc.property(fc.constantFrom("GET", "HEAD", "POST", "DELETE"), targets, (method, target) => {
      const result = readTarget(method, target);
      if (result.kind === "route") assert.match(result.path, allowed);
    }),
    { numRuns: 5000 },
  );
});
