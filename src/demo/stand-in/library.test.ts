import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { CHAT, post, toLines, withStandIn } from "./testing.ts";

describe("cloud models spend nothing here", () => {
  for (const [name, disabled, status] of [
    ["gpt-oss:120b-cloud", false, 401],
    ["kimi-k2:cloud", false, 401],
    ["kimi-k2:cloud", true, 403],
  ] as const) {
    test(`${name} is ${status}${disabled ? " with the cloud off" : ""}`, async () => {
      await withStandIn({ cloudDisabled: disabled }, async (_standIn, url) => {
        for (const path of ["/api/chat", "/v1/chat/completions", "/v1/messages"]) {
          const answer = await fetch(url + path, post({ ...CHAT, model: name, max_tokens: 1 }));
          assert.equal(answer.status, status, path);
          const body = Object(await answer.json());
          assert.equal(body.error, disabled ? "ollama cloud is disabled: remote model is unavailable" : "unauthorized");
          assert.equal("signin_url" in body, !disabled);
        }
      });
    });
  }
});

describe("the models it has", () => {
  test("planted, pulled, copied, created from a blob, pushed, deleted", async () => {
    await withStandIn({ models: ["leak_model_1:latest"] }, async (_standIn, url) => {
      const names = async (): Promise<readonly string[]> =>
        Object(await (await fetch(`${url}/api/tags`)).json()).models.map((model: { name: string }) => model.name);
      assert.deepEqual(await names(), ["leak_model_1:latest"]);

      const pulled = toLines(await (await fetch(`${url}/api/pull`, post({ model: "qwen3:8b" }))).text());
      assert.equal(pulled[0]?.["status"], "pulling manifest");
      assert.deepEqual(pulled.at(-1), { status: "success" });
      const copy = await fetch(`${url}/api/copy`, post({ source: "qwen3:8b", destination: "me/mine" }));
      assert.deepEqual([copy.status, await copy.text()], [200, ""]);
      const pushed = await fetch(`${url}/api/push`, post({ model: "me/mine", stream: false }));
      assert.deepEqual(await pushed.json(), { status: "success" });

      const digest = `sha256:${createHash("sha256").update("weights").digest("hex")}`;
      assert.equal((await fetch(`${url}/api/blobs/${digest}`, { method: "HEAD" })).status, 404);
      assert.equal((await fetch(`${url}/api/blobs/${digest}`, post("other bytes"))).status, 400);
      assert.equal((await fetch(`${url}/api/blobs/${digest}`, post("weights"))).status, 201);
      assert.equal((await fetch(`${url}/api/blobs/${digest}`, { method: "HEAD" })).status, 200);
      const created = await fetch(`${url}/api/create`, post({ model: "tiny", files: { "t.gguf": digest } }));
      assert.match(await created.text(), /\{"status":"success"\}\n$/);
      const shown = Object(await (await fetch(`${url}/api/show`, post({ model: "tiny" }))).json());
      assert.match(shown.modelfile, /\nFROM \/usr\/share\/ollama\/\.ollama\/models\/blobs\/sha256-/);

      const gone = await fetch(`${url}/api/delete`, { ...post({ model: "qwen3:8b" }), method: "DELETE" });
      assert.equal(gone.status, 200);
      assert.deepEqual(await names(), ["tiny:latest", "me/mine:latest", "leak_model_1:latest"]);
    });
  });

  test("a pull from another registry fails in the stream, with status 200", async () => {
    await withStandIn({}, async (_standIn, url) => {
      const answer = await fetch(`${url}/api/pull`, post({ model: "203.0.113.9/x/y:1" }));
      assert.equal(answer.status, 200);
      const lines = toLines(await answer.text());
      assert.match(String(lines.at(-1)?.["error"]), /^pull model manifest: Get "https:\/\/203\.0\.113\.9\/v2\/x\/y/);
    });
  });
});
