import assert from "node:assert/strict";
import { test } from "node:test";
import { Anthropic, AuthenticationError as AnthropicAuthenticationError } from "@anthropic-ai/sdk";
import { AuthenticationError, OpenAI } from "openai";
import { toErrorBody } from "./error-body.ts";
import { refuse } from "./refusals.ts";

test("each API is told an error in its own form", () => {
  const refusal = refuse("model-not-allowed");
  const { message, code } = refusal;
  assert.deepEqual(JSON.parse(toErrorBody("ollama", refusal)), { error: message, code });
  assert.deepEqual(JSON.parse(toErrorBody("openai", refusal)), {
    error: { message, type: "permission_error", param: null, code },
  });
  assert.deepEqual(JSON.parse(toErrorBody("anthropic", refusal)), {
    type: "error",
    error: { type: "permission_error", message, code },
  });
});

test("the official libraries make their own errors of it", async () => {
  const answer = (api: "openai" | "anthropic") => async (): Promise<Response> =>
    new Response(toErrorBody(api, refuse("unauthenticated")), {
      status: 401,
      headers: { "content-type": "application/json" },
    });
  const openai = new OpenAI({ apiKey: "x", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0, fetch: answer("openai") });
  await assert.rejects(openai.models.list(), (error) => {
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.code, "unauthenticated");
    return true;
  });
  const anthropic = new Anthropic({
    apiKey: "x",
    baseURL: "http://127.0.0.1:1",
    maxRetries: 0,
    fetch: answer("anthropic"),
  });
  await assert.rejects(
    anthropic.messages.create({ model: "a", max_tokens: 1, messages: [] }),
    (error) => error instanceof AnthropicAuthenticationError && error.message.includes("A valid key is needed."),
  );
});
