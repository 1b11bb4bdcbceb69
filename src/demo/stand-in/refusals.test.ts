import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { CHAT, post, withStandIn } from "./testing.ts";

describe("refusals", () => {
  const table: readonly (readonly [string, unknown, number, unknown])[] = [
    ["/api/chat", { ...CHAT, model: "nope" }, 404, { error: "model 'nope' not found" }],
    ["/api/chat", "{bad", 400, { error: "invalid character 'b' looking for beginning of object key string" }],
    ["/api/chat", "\0", 400, { error: "invalid character '\\x00' looking for beginning of value" }],
    ["/api/chat", "null", 400, { error: "model is required" }],
    ["/api/chat", '{"model":"nope"} and more', 404, { error: "model 'nope' not found" }],
    ["/api/generate", {}, 404, { error: "model '' not found" }],
    ["/api/embed", { model: "nope" }, 404, { error: 'model "nope" not found, try pulling it first' }],
    ["/api/embed", {}, 500, { error: "unqualified name: registry.ollama.ai/library/!MISSING!:latest" }],
    ["/v1/responses", "", 400, { error: { message: "EOF", type: "invalid_request_error", param: null, code: null } }],
    ["/api/chat", '{"model":"x"', 400, { error: "unexpected EOF" }],
    ["/api/chat", { ...CHAT, think: true }, 400, { error: '"llama3.2:3b" does not support thinking' }],
    [
      "/api/chat",
      { model: 7 },
      400,
      { error: "json: cannot unmarshal number into Go struct field .model of type string" },
    ],
    [
      "/v1/chat/completions",
      { model: "llama3.2:3b", messages: [] },
      400,
      {
        error: {
          message: "[] is too short - 'messages'",
          type: "invalid_request_error",
          param: null,
          code: null,
        },
      },
    ],
    [
      "/v1/chat/completions",
      { ...CHAT, model: "nope" },
      404,
      { error: { message: "model 'nope' not found", type: "not_found_error", param: null, code: null } },
    ],
    ["/api/experimental/web_search", "", 400, { error: "missing request body" }],
    ["/api/pull", { model: "a b" }, 400, { error: "invalid model name" }],
    ["/api/create", { model: "x" }, 400, { error: "neither 'from' or 'files' was specified" }],
    ["/api/blobs/sha256:zz", "x", 400, { error: "invalid digest format" }],
  ];
  for (const [path, body, status, expected] of table) {
    test(`POST ${path} ${JSON.stringify(body)} is ${status}`, async () => {
      await withStandIn({}, async (_standIn, url) => {
        const answer = await fetch(url + path, post(body));
        assert.equal(answer.status, status);
        assert.deepEqual(await answer.json(), expected);
      });
    });
  }

  test("Anthropic's error shape", async () => {
    await withStandIn({}, async (_standIn, url) => {
      const answer = await fetch(`${url}/v1/messages`, post({ ...CHAT, model: "nope", max_tokens: 5 }));
      assert.equal(answer.status, 404);
      const { request_id: id, ...rest } = Object(await answer.json());
      assert.match(id, /^req_/);
      assert.deepEqual(rest, { type: "error", error: { type: "not_found_error", message: "model 'nope' not found" } });
    });
  });

  test("field names match without regard to case and the last one wins, as in Go", async () => {
    await withStandIn({}, async (_standIn, url) => {
      const body = '{"model":"nope","MODEL":"llama3.2:3b","prompt":"hi","stream":false}';
      assert.equal((await fetch(`${url}/api/generate`, post(body))).status, 200);
    });
  });

  test("no body and no path makes it fail or fall silent", async () => {
    await withStandIn({ tokens: 1 }, async (_standIn, url) => {
      const path = fc.constantFrom(
        "/api/chat",
        "/api/generate",
        "/api/embed",
        "/api/create",
        "/v1/messages",
        "/v1/responses",
      );
      const model = fc.constantFrom("llama3.2:3b", "nomic-embed-text", "");
      const bodies = fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .tuple(model, fc.jsonValue())
          .map(([name, value]) => JSON.stringify({ model: name, messages: value, input: value })),
      );
      await fc.assert(
        fc.asyncProperty(path, bodies, async (where, body) => {
          const answer = await fetch(url + where, post(body));
          const text = await answer.text();
          // Ollama takes a name that is none for its own mistake.
          const isOurs = answer.status < 500 || (answer.status === 500 && text.includes("unqualified name"));
          assert.ok(isOurs, `${answer.status} ${text}`);
        }),
        { numRuns: 150 },
      );
      const anywhere = fc.webPath();
      await fc.assert(
        fc.asyncProperty(anywhere, async (where) => {
          const answer = await fetch(url + where, { redirect: "manual" });
          await answer.arrayBuffer();
          assert.ok(answer.status < 500);
        }),
        { numRuns: 50 },
      );
    });
  });
});
