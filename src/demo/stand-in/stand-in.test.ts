import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import type { StandInOptions } from "./options.ts";
import type { StandIn } from "./start.ts";
import { startStandIn } from "./start.ts";

/** Runs `use` against a stand-in on a free loopback port, and closes it whatever happens. */
async function withStandIn(options: StandInOptions, use: (standIn: StandIn, url: string) => Promise<void>) {
  const standIn = await startStandIn({ host: "127.0.0.1:0", ...options });
  try {
    await use(standIn, `http://127.0.0.1:${standIn.port}`);
  } finally {
    await standIn.close();
  }
}

/** Sends bytes and returns all bytes that come back until the server closes. */
function sendRaw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(request);
  });
}

/** Asks again until the answer is yes; the test runner's own limit ends a wait in vain. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function post(body: unknown): RequestInit {
  return { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
}

function toLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
}

const CHAT = { model: "llama3.2:3b", messages: [{ role: "user", content: "hello there" }] };

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

describe("refusals", () => {
  const table: readonly (readonly [string, unknown, number, unknown])[] = [
    ["/api/chat", { ...CHAT, model: "nope" }, 404, { error: "model 'nope' not found" }],
    ["/api/chat", "{bad", 400, { error: "invalid character 'b' looking for beginning of value" }],
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
});

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

describe("who may ask", () => {
  const own = Object.values(networkInterfaces()).flat().at(-1)?.address ?? "127.0.0.1";
  const hosts: readonly (readonly [string, number])[] = [
    ["localhost", 200],
    ["LOCALHOST:11434", 200],
    ["gpu.internal", 200],
    ["app.localhost:1", 200],
    ["127.0.0.1:11434", 200],
    ["192.168.1.20", 200],
    ["0.0.0.0", 200],
    ["[::1]:11434", 200],
    ["[fd00::1]:11434", 200],
    ["", 200],
    ["rebind.portlock.example", 403],
    ["8.8.8.8", 403],
    ["169.254.1.1", 403],
    ["100.64.0.1", 403],
    ["[::1]", 403],
    [own.includes(":") ? `[${own}]:1` : own, 200],
  ];
  for (const [host, status] of hosts) {
    test(`Host: ${host} on loopback is ${status}`, async () => {
      await withStandIn({}, async ({ port }) => {
        const answer = await sendRaw(port, `GET /api/tags HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        assert.equal(Number(answer.slice(9, 12)), status);
        if (status === 403) {
          assert.match(answer, /\r\nContent-Length: 0\r\n/);
          assert.doesNotMatch(answer, /content-type/i);
        }
      });
    });
  }

  test("the check is off on every other address, and before 0.1.29", async () => {
    const foreign = "GET /api/tags HTTP/1.1\r\nHost: rebind.portlock.example\r\nConnection: close\r\n\r\n";
    await withStandIn({ host: "0.0.0.0:0" }, async ({ port, address }) => {
      assert.ok(address === "::" || address === "0.0.0.0");
      assert.match(await sendRaw(port, foreign), /^HTTP\/1\.1 200 /);
    });
    await withStandIn({ version: "0.1.28" }, async ({ port }) => {
      assert.match(await sendRaw(port, foreign), /^HTTP\/1\.1 200 /);
    });
  });

  test("the request line's host counts more than the header's", async () => {
    await withStandIn({}, async ({ port }) => {
      const line =
        "GET http://rebind.portlock.example/api/tags HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      assert.match(await sendRaw(port, line), /^HTTP\/1\.1 403 /);
    });
  });

  const origins: readonly (readonly [string | undefined, string, number, string | null])[] = [
    [undefined, "http://localhost:3000", 200, "http://localhost:3000"],
    [undefined, "https://page.portlock.example", 403, null],
    [undefined, "http://localhost.evil.example", 403, null],
    [undefined, "chrome-extension://abc", 403, null],
    [undefined, "tauri://localhost", 200, "tauri://localhost"],
    ["chrome-extension://*", "chrome-extension://abc", 200, "chrome-extension://abc"],
    ["https://a.example,https://b.example", "https://b.example", 200, "https://b.example"],
    ["*", "https://page.portlock.example", 200, "*"],
  ];
  for (const [value, origin, status, allowed] of origins) {
    test(`OLLAMA_ORIGINS=${value ?? ""} and Origin: ${origin} is ${status}`, async () => {
      await withStandIn({ origins: value }, async (_standIn, url) => {
        const answer = await fetch(`${url}/api/tags`, { headers: { Origin: origin } });
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get("access-control-allow-origin"), allowed);
        const preflight = await fetch(`${url}/api/chat`, { method: "OPTIONS", headers: { Origin: origin } });
        assert.equal(preflight.status, status === 200 ? 204 : 403);
      });
    });
  }

  for (const value of ["foo", "http://*.a.example:*"]) {
    test(`OLLAMA_ORIGINS=${value} panics at the start and leaves no listener`, async () => {
      await assert.rejects(startStandIn({ host: "127.0.0.1:0", origins: value }), { message: /origin|only one \*/ });
    });
  }
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
