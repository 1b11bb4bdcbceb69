import assert from "node:assert/strict";
import { test } from "node:test";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { answerLines, startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";

const CHAT = '{"model":"qwen3",  "messages":[]}';
const AUTH = `authorization: Bearer ${SECRET}`;

function toChat(headers: readonly string[] = [], body = CHAT): string {
  return toRequest("POST /api/chat", [AUTH, `content-length: ${Buffer.byteLength(body)}`, ...headers], body);
}

test("a stream passes byte for byte, and its tokens are counted", async (t) => {
  const lines = [
    '{"model":"qwen3","message":{"content":"Hel"},"done":false}\n',
    '{"model":"qwen3","message":{"content":"lo"},"done":false}\n',
    '{"model":"qwen3","done":true,"prompt_eval_count":11,"eval_count":2}\n',
  ];
  const upstream = await startUpstream(t, answerLines(lines));
  const { port, ended } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.deepEqual(toStatuses(text), [200]);
  for (const line of lines) assert.ok(text.includes(line), text);
  assert.equal((await upstream.reached[0]?.body)?.toString(), CHAT);
  const [served] = await ended(1);
  assert.deepEqual(served?.tokens, { prompt: 11, answer: 2 });
  assert.equal(served?.ending, "whole");
  assert.equal(served?.route, "POST /api/chat");
});

test("64 a client that leaves in the middle of a stream ends the request of the upstream", async (t) => {
  const upstream = await startUpstream(t, (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write('{"response":"a"}\n');
  });
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toChat());
  await client.until('"response":"a"');
  client.destroy();
  await upstream.reached[0]?.cut;
  const [served] = await ended(1);
  assert.equal(served?.ending, "left");
  assert.equal(limiter.state.serving, 0);
});
