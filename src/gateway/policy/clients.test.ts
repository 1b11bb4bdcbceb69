import assert from "node:assert/strict";
import { test } from "node:test";
import { Anthropic } from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import { OpenAI, toFile } from "openai";
import { checkHead } from "./check-head.ts";
import { decide } from "./decide.ts";
import type { RequestHead } from "./decision.ts";
import { extractCredential } from "./extract-credential.ts";
import { readBody } from "./read-body.ts";
import { aKey } from "./testing/a-key.ts";

const KEY = "pl_3f9a0c1d_9XkQz7";
const UPSTREAM = "http://gateway:11435";

/** What the policy says to the requests that a library sends, while it is answered with nothing of use. */
function listen(): { readonly fetch: typeof fetch; readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      // OpenAI's library tries whether forms are written alike with a request to nowhere.
      if (request.url.startsWith(UPSTREAM)) heard.push(await decideOn(request));
      return new Response("{}", { headers: { "content-type": "application/json" } });
    },
  };
}

async function decideOn(request: Request): Promise<string> {
  const url = new URL(request.url);
  const bytes = new Uint8Array(await request.arrayBuffer());
  const framing = bytes.length === 0 ? [] : ["Content-Length", String(bytes.length)];
  const rawHeaders = ["Host", url.host, ...[...request.headers].flat(), ...framing];
  const head: RequestHead = { method: request.method, target: url.pathname + url.search, rawHeaders, peer: "::1" };
  const fault = checkHead(head, "1.1");
  if (fault !== null) return fault.code;
  const credential = extractCredential(head);
  if (credential.kind !== "secret" || credential.secret !== KEY) return `credential ${credential.kind}`;
  const key = aKey();
  const first = decide(head, { key }, 0);
  const reading = first.kind === "read-body" ? readBody(first.route, request.headers.get("content-type"), bytes) : null;
  if (reading?.ok === false) return reading.refusal.code;
  const decision = reading === null ? first : decide({ ...head, body: reading.facts }, { key }, 0);
  if (decision.kind !== "forward") return decision.kind === "refuse" ? decision.refusal.code : decision.kind;
  return [decision.route.method, decision.path, ...decision.models].join(" ");
}

/** Sends, whatever the library makes of an empty answer. */
async function send(...requests: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const request of requests) await request().catch(() => undefined);
}

test("every request of Ollama's own library is forwarded", async () => {
  const { fetch, heard } = listen();
  const ollama = new Ollama({ host: UPSTREAM, fetch, headers: { Authorization: `Bearer ${KEY}` } });
  const messages = [{ role: "user", content: "hi" }];
  const questions = { good: { type: "noul" as const, instructions: "is it?" } };
  await send(
    () => ollama.chat({ model: "llama3.2", messages, keep_alive: "5m", options: { num_ctx: 4096 } }),
    () => ollama.chat({ model: "llama3.2", messages, stream: true }),
    () => ollama.generate({ model: "llama3.2", prompt: "hi", images: ["aGk="] }),
    () => ollama.embed({ model: "all-minilm", input: "hi" }),
    () => ollama.embeddings({ model: "all-minilm", prompt: "hi" }),
    () => ollama.systemone({ model: "d1", state: "x", questions, keep_alive: 0 }),
    () => ollama.list(),
    () => ollama.ps(),
    () => ollama.version(),
    () => ollama.show({ model: "hf.co/a/b:q4" }),
    () => ollama.pull({ model: "llama3.2" }),
    () => ollama.push({ model: "alice/x" }),
    () => ollama.create({ model: "mine", from: "llama3.2", system: "be kind" }),
    () => ollama.copy({ source: "llama3.2", destination: "mine" }),
    () => ollama.delete({ model: "mine" }),
  );
  assert.deepEqual(heard, [
    "POST /api/chat llama3.2:latest",
    "POST /api/chat llama3.2:latest",
    "POST /api/generate llama3.2:latest",
    "POST /api/embed all-minilm:latest",
    "POST /api/embeddings all-minilm:latest",
    "POST /v1/systemone d1:latest",
    "GET /api/tags",
    "GET /api/ps",
    "GET /api/version",
    "POST /api/show hf.co/a/b:q4",
    "POST /api/pull llama3.2:latest",
    "POST /api/push alice/x:latest",
    "POST /api/create mine:latest llama3.2:latest",
    "POST /api/copy llama3.2:latest mine:latest",
    "DELETE /api/delete mine:latest",
  ]);
});

test("every request of OpenAI's library that Ollama serves is forwarded", async () => {
  const { fetch, heard } = listen();
  const openai = new OpenAI({ apiKey: KEY, baseURL: `${UPSTREAM}/v1`, fetch, maxRetries: 0 });
  const file = await toFile(Buffer.from("RIFF"), "a.wav");
  await send(
    () => openai.chat.completions.create({ model: "llama3.2", messages: [], stream: true }),
    () => openai.completions.create({ model: "llama3.2", prompt: "hi" }),
    () => openai.embeddings.create({ model: "all-minilm", input: "hi" }),
    () => openai.responses.create({ model: "llama3.2", input: "hi" }),
    () => openai.models.list(),
    () => openai.models.retrieve("llama3.2:1b"),
    () => openai.models.retrieve("hf.co/a/b:q4"),
    () => openai.audio.transcriptions.create({ model: "whisper", file, language: "en" }),
    () => openai.audio.speech.create({ model: "phonon", input: "hi", voice: "alloy" }),
    () => openai.images.generate({ model: "x/z-image", prompt: "hi" }),
  );
  assert.deepEqual(heard, [
    "POST /v1/chat/completions llama3.2:latest",
    "POST /v1/completions llama3.2:latest",
    "POST /v1/embeddings all-minilm:latest",
    "POST /v1/responses llama3.2:latest",
    "GET /v1/models",
    "GET /v1/models/llama3.2:1b llama3.2:1b",
    "GET /v1/models/hf.co%2Fa%2Fb:q4 hf.co/a/b:q4",
    "POST /v1/audio/transcriptions whisper:latest",
    "POST /v1/audio/speech phonon:latest",
    "POST /v1/images/generations x/z-image:latest",
  ]);
});

test("Anthropic's library is heard with a key and with a token", async () => {
  const { fetch, heard } = listen();
  const message = { model: "qwen3-coder", max_tokens: 1, messages: [] };
  for (const credential of [{ apiKey: KEY }, { authToken: KEY }]) {
    const anthropic = new Anthropic({ ...credential, baseURL: UPSTREAM, fetch, maxRetries: 0 });
    await send(
      () => anthropic.messages.create({ ...message, stream: true }),
      () => anthropic.beta.messages.create(message),
    );
  }
  assert.deepEqual(
    heard,
    Array.from({ length: 4 }, () => "POST /v1/messages qwen3-coder:latest"),
  );
});
