import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHAT, post, sendRaw, toLines, until, withStandIn } from "./testing.ts";

describe("what a stranger sees first", () => {
  test("GET / byte for byte, without a Server or Connection header", async () => {
    await withStandIn({}, async ({ port }) => {
      const answer = await sendRaw(port, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
      const [head = "", body] = answer.split("\r\n\r\n");
      assert.equal(body, "Ollama is running");
      const names = head.split("\r\n").map((line) => line.split(":")[0]);
      assert.deepEqual(names, ["HTTP/1.1 200 OK", "Content-Type", "Content-Length", "Date", "Connection"]);
    });
    await withStandIn({}, async (_standIn, url) => {
      const kept = await fetch(url);
      assert.equal(kept.headers.get("content-type"), "text/plain; charset=utf-8");
      assert.equal(kept.headers.get("server"), null);
    });
  });

  const table: readonly (readonly [string, string, number, string | null, string])[] = [
    ["HEAD", "/", 200, "text/plain; charset=utf-8", ""],
    ["GET", "/api/version", 200, "application/json; charset=utf-8", '{"version":"0.24.0"}'],
    ["GET", "/nope", 404, "text/plain", "404 page not found"],
    ["POST", "/api/tags", 405, "text/plain", "405 method not allowed"],
    ["GET", "/api/generate", 405, "text/plain", "405 method not allowed"],
    ["GET", "/%61pi/version", 200, "application/json; charset=utf-8", '{"version":"0.24.0"}'],
    ["POST", "/api/generate", 400, "application/json; charset=utf-8", '{"error":"missing request body"}'],
    ["POST", "/api/me", 401, "application/json; charset=utf-8", ""],
  ];
  for (const [method, path, status, type, body] of table) {
    test(`${method} ${path} is ${status}`, async () => {
      await withStandIn({}, async (_standIn, url) => {
        const answer = await fetch(url + path, { method });
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get("content-type"), type);
        const text = await answer.text();
        if (body !== "") {
          assert.equal(text, body);
        }
      });
    });
  }

  test("doubled slashes and a slash at the end are sent elsewhere", async () => {
    await withStandIn({}, async ({ port }) => {
      for (const path of ["//api//tags", "/api/tags/", "/api/x/../tags"]) {
        const answer = await sendRaw(port, `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
        assert.match(answer, /^HTTP\/1\.1 301 .*\r\nLocation: \/api\/tags\r\n/s, path);
      }
    });
  });

  test("requests that Go's server turns down", async () => {
    await withStandIn({}, async ({ port }) => {
      const rest = "Connection: close\r\n\r\n";
      const none = await sendRaw(port, `GET / HTTP/1.1\r\n${rest}`);
      assert.match(none, /^HTTP\/1\.1 400 .*missing required Host header$/s);
      const two = await sendRaw(port, `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n${rest}`);
      assert.match(two, /^HTTP\/1\.1 400 .*too many Host headers$/s);
      assert.match(await sendRaw(port, "\u0016\u0003\u0001 not http\r\n\r\n"), /^HTTP\/1\.1 400 Bad Request\r\n/);
    });
  });

  test("a version decides which routes exist and what a wrong method gets", async () => {
    await withStandIn({ version: "0.1.13" }, async (_standIn, url) => {
      assert.equal((await fetch(`${url}/api/version`)).status, 404);
      assert.equal((await fetch(`${url}/api/tags`, { method: "POST" })).status, 404);
    });
    await withStandIn({ version: "0.32.5" }, async (_standIn, url) => {
      assert.equal((await fetch(`${url}/v1/images/generations`, post({}))).status, 404);
    });
    await withStandIn({ version: "0.0.0" }, async (_standIn, url) => {
      assert.deepEqual(await (await fetch(`${url}/api/version`)).json(), { version: "0.0.0" });
      assert.equal((await fetch(`${url}/api/status`)).status, 200);
    });
  });
});

describe("streams and whole answers", () => {
  test("/api/generate streams lines and ends with counters", async () => {
    await withStandIn({}, async (_standIn, url) => {
      const body = { model: "llama3.2:3b", prompt: "hello there", options: { num_predict: 3 } };
      const answer = await fetch(`${url}/api/generate`, post(body));
      assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
      assert.equal(answer.headers.get("transfer-encoding"), "chunked");
      const lines = toLines(await answer.text());
      assert.equal(lines.length, 4);
      assert.deepEqual(Object.keys(lines[0] ?? {}), ["model", "created_at", "response", "done"]);
      const last = lines.at(-1) ?? {};
      assert.equal(last["done_reason"], "length");
      assert.equal(last["eval_count"], 3);
      assert.equal(last["prompt_eval_count"], 2);
      assert.ok(Number.isInteger(last["total_duration"]));
    });
  });

  test("/api/chat without a stream is one object that says the same", async () => {
    await withStandIn({}, async (_standIn, url) => {
      const streamed = toLines(await (await fetch(`${url}/api/chat`, post(CHAT))).text());
      const whole = await fetch(`${url}/api/chat`, post({ ...CHAT, stream: false }));
      assert.equal(whole.headers.get("content-type"), "application/json; charset=utf-8");
      const { message, done } = Object(await whole.json());
      const said = streamed.map((line) => Object(line["message"]).content).join("");
      assert.deepEqual({ message, done }, { message: { role: "assistant", content: said }, done: true });
    });
  });

  test("/v1/chat/completions streams events, usage only where asked", async () => {
    await withStandIn({ tokens: 2 }, async (_standIn, url) => {
      for (const withUsage of [false, true]) {
        const body = { ...CHAT, stream: true, stream_options: { include_usage: withUsage } };
        const answer = await fetch(`${url}/v1/chat/completions`, post(body));
        assert.equal(answer.headers.get("content-type"), "text/event-stream");
        const text = await answer.text();
        assert.match(text, /^(data: \{.*\}\n\n)+data: \[DONE\]\n\n$/);
        assert.equal(text.includes('"choices":[],"usage":{"prompt_tokens":2'), withUsage);
      }
    });
  });

  const events: readonly (readonly [string, object, readonly string[]])[] = [
    [
      "/v1/messages",
      { ...CHAT, max_tokens: 1, stream: true },
      [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
      ],
    ],
    [
      "/v1/responses",
      { model: CHAT.model, input: "hi", max_output_tokens: 1, stream: true },
      [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ],
    ],
  ];
  for (const [path, body, names] of events) {
    test(`${path} streams named events`, async () => {
      await withStandIn({}, async (_standIn, url) => {
        const text = await (await fetch(url + path, post(body))).text();
        const blocks = text.trimEnd().split("\n\n");
        assert.deepEqual(
          blocks.map((block) => /^event: (\S+)\ndata: /.exec(block)?.[1]),
          names,
        );
        const types = blocks.map((block) => Object(JSON.parse(block.replace(/^.*\ndata: /, ""))).type);
        assert.deepEqual(types, names);
      });
    });
  }

  test("completions, embeddings and models in OpenAI's shapes", async () => {
    await withStandIn({ tokens: 3 }, async (_standIn, url) => {
      const completion = Object(
        await (await fetch(`${url}/v1/completions`, post({ model: "llama3.2:3b", prompt: "hi" }))).json(),
      );
      assert.equal(completion.object, "text_completion");
      assert.deepEqual(completion.usage, { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 });
      const embed = { model: "nomic-embed-text", input: ["a", "b"] };
      const native = Object(await (await fetch(`${url}/api/embed`, post(embed))).json());
      const openAi = Object(await (await fetch(`${url}/v1/embeddings`, post(embed))).json());
      assert.deepEqual(
        openAi.data.map((entry: { embedding: unknown }) => entry.embedding),
        native.embeddings,
      );
      assert.equal(native.embeddings[0].length, 768);
      const models = Object(await (await fetch(`${url}/v1/models`)).json());
      assert.deepEqual(
        models.data.map((model: { id: string; owned_by: string }) => [model.id, model.owned_by]),
        [
          ["nomic-embed-text:latest", "library"],
          ["llama3.2:3b", "library"],
        ],
      );
    });
  });

  test("a caller that leaves ends the generation and frees its turn", async () => {
    await withStandIn({ tokenIntervalMs: 5, tokens: 100_000 }, async (standIn, url) => {
      const leaving = new AbortController();
      const answer = await fetch(`${url}/api/chat`, { ...post(CHAT), signal: leaving.signal });
      await answer.body?.getReader().read();
      leaving.abort();
      const limited = { ...CHAT, options: { num_predict: 1 }, stream: false };
      assert.equal((await fetch(`${url}/api/chat`, post(limited))).status, 200);
      assert.equal(standIn.requests.length, 2);
    });
  });

  test("a full line answers 503, a load takes its time once", async () => {
    await withStandIn({ parallel: 1, maxQueue: 0, loadMs: 30, tokenIntervalMs: 1 }, async (_standIn, url) => {
      const first = fetch(`${url}/api/chat`, post(CHAT));
      await until(async () => Object(await (await fetch(`${url}/api/ps`)).json()).models.length === 1);
      const second = await fetch(`${url}/api/chat`, post(CHAT));
      assert.equal(second.status, 503);
      assert.match(await second.text(), /server busy, please try again/);
      const lines = toLines(await (await first).text());
      assert.ok(Number(lines.at(-1)?.["load_duration"]) >= 29_000_000);
      const loaded = Object(await (await fetch(`${url}/api/ps`)).json());
      assert.equal(loaded.models[0].name, "llama3.2:3b");
      const unload = await fetch(`${url}/api/generate`, post({ model: "llama3.2:3b", keep_alive: 0 }));
      assert.equal(Object(await unload.json()).done_reason, "unload");
      assert.deepEqual(await (await fetch(`${url}/api/ps`)).json(), { models: [] });
    });
  });
});

test("requests are kept for the test to look at, newest last, and no more than asked", async () => {
  await withStandIn({ keepRequests: 2 }, async (standIn, url) => {
    for (const path of ["/", "/api/tags", "/api/version?x=1"]) {
      await (await fetch(url + path, { headers: { "X-Api-Key": "leaks" } })).text();
    }
    await until(async () => standIn.requests.at(-1)?.target === "/api/version?x=1");
    assert.deepEqual(
      standIn.requests.map((request) => [request.method, request.target, request.status, request.headers["x-api-key"]]),
      [
        ["GET", "/api/tags", 200, "leaks"],
        ["GET", "/api/version?x=1", 200, "leaks"],
      ],
    );
  });
});
