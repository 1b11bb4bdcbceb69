import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { StoreError } from "../store/store-error.ts";
import { aKey } from "../testing/a-key.ts";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { answerLines, startUpstream, type Behave } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";
import { DEFAULT_PATIENCE } from "./gateway-options.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{"model":"qwen3"}';
const DIGEST = `sha256:${"a".repeat(64)}`;

function toChat(headers: readonly string[] = [], path = "/api/chat"): string {
  return toRequest(`POST ${path}`, [AUTH, `content-length: ${BODY.length}`, ...headers], BODY);
}

const begin: Behave = (response, request) => {
  request.resume();
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.write('{"response":"a"}\n');
};

/** An upstream that says exactly which bytes it answers with. */
async function startRawUpstream(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

test("a stream passes byte for byte, chunk by chunk, and its tokens are counted", async (t) => {
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
  const [served] = await ended(1);
  assert.deepEqual(served?.tokens, { prompt: 11, answer: 2 });
  assert.equal(served?.ending, "whole");
  assert.equal(served?.route, "POST /api/chat");
});

test("the head of an answer is there before its first byte", async (t) => {
  const upstream = await startUpstream(t, (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  });
  const { port } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toChat());
  await client.until("\r\n\r\n");
  client.destroy();
});

test("64 a client that leaves before the first byte ends the request of the upstream", async (t) => {
  const upstream = await startUpstream(t, () => {});
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toChat());
  const reached = await upstream.reach(0);
  client.destroy();
  await reached.cut;
  assert.equal((await ended(1))[0]?.ending, "left");
  assert.equal(limiter.state.serving, 0);
});

test("64 a client that only stops sending has left too", async (t) => {
  const upstream = await startUpstream(t, () => {});
  const { port, ended } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toChat());
  const reached = await upstream.reach(0);
  client.socket.end();
  await reached.cut;
  assert.equal((await ended(1))[0]?.ending, "left");
});

test("64 a client that leaves in the middle of a stream ends the request of the upstream", async (t) => {
  const upstream = await startUpstream(t, begin);
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

test("64 a client that leaves the queue is never asked for", async (t) => {
  const upstream = await startUpstream(t, begin);
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url, limits: { turns: 1 } });
  const first = await openRaw(port);
  first.write(toChat());
  await first.until('"response":"a"');
  const second = await openRaw(port);
  second.write(toChat());
  while (limiter.state.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  second.destroy();
  await ended(1);
  assert.equal(limiter.state.waiting, 0);
  first.destroy();
  await ended(2);
  assert.equal(upstream.reached.length, 1);
  assert.equal(limiter.state.serving, 0);
});

test("64 a client that leaves during its upload ends the request of the upstream", async (t) => {
  const upstream = await startUpstream(t);
  const keys = { [SECRET]: { ...aKey("alice"), scopes: ["manage"] as const } };
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url, keys });
  const client = await openRaw(port);
  client.write(toRequest(`POST /api/blobs/${DIGEST}`, [AUTH, "content-length: 1000000"], "x".repeat(1000)));
  const reached = await upstream.reach(0);
  client.destroy();
  await reached.cut;
  await assert.rejects(reached.body);
  assert.equal((await ended(1))[0]?.ending, "left");
  assert.equal(limiter.state.serving, 0);
});

test("65 an upstream that dies in the middle of a stream is seen as an error, not as an end", async (t) => {
  const upstream = await startUpstream(t, (response, request) => {
    begin(response, request, upstream.reached[0] ?? assert.fail());
    setImmediate(() => response.socket?.destroy());
  });
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(port, toChat());
  assert.ok(text.includes('"response":"a"'));
  assert.ok(!text.includes("\r\n0\r\n"), text);
  const [served] = await ended(1);
  assert.equal(served?.ending, "broken");
  assert.equal(served?.code, "upstream-broke-off");
  assert.equal(limiter.state.serving, 0);
});

test("65 a client of HTTP/1.0 sees it by a reset", async (t) => {
  const upstream = await startUpstream(t, (response, request) => {
    begin(response, request, upstream.reached[0] ?? assert.fail());
    setTimeout(() => response.socket?.destroy(), 50);
  });
  const { port } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(`POST /api/chat HTTP/1.0\r\nhost: x\r\n${AUTH}\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`);
  await client.until('"response":"a"');
  await client.end();
  assert.equal(client.hasEnded, false);
  assert.ok(client.error !== null);
});

test("65 an answer shorter than its length is seen as an error", async (t) => {
  const url = await startRawUpstream(t, (socket) => {
    socket.end("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{");
  });
  const { port, ended } = await startGateway(t, { upstream: url });
  const text = await rawRequest(port, toChat());
  assert.ok(!text.includes("content-length: 1\r\n"));
  assert.equal((await ended(1))[0]?.ending, "broken");
});

for (const [what, answer] of [
  ["dies before its answer", (socket: Socket) => void socket.destroy()],
  ["answers with what is no HTTP", (socket: Socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n")],
  [
    "wants to change the protocol",
    (socket: Socket) => void socket.write("HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
  ],
] as const) {
  test(`65 an upstream that ${what} is told as 502, and asked once`, async (t) => {
    let asked = 0;
    const url = await startRawUpstream(t, (socket) => {
      asked += 1;
      answer(socket);
    });
    const { port, limiter } = await startGateway(t, { upstream: url });
    const text = await rawRequest(port, toChat(["connection: close"]));
    assert.deepEqual(toStatuses(text), [502], text);
    assert.equal(asked, 1);
    assert.equal(limiter.state.serving, 0);
  });
}

for (const [path, form] of [
  ["/api/chat", /^\{"error":"[^"]+","code":"upstream-unreachable"\}$/],
  ["/v1/chat/completions", /^\{"error":\{"message":/],
  ["/v1/messages", /^\{"type":"error","error":\{"type":"overloaded_error"/],
] as const) {
  test(`an upstream that is not there is told as 503 in the form of ${path}`, async (t) => {
    const { port, ended } = await startGateway(t, { upstream: "http://127.0.0.1:1" });
    const text = await rawRequest(port, toChat(["connection: close"], path));
    assert.deepEqual(toStatuses(text), [503]);
    assert.match(text, /^retry-after: \d+\r$/m);
    assert.match(text.slice(text.indexOf("\r\n\r\n") + 4), form);
    assert.equal((await ended(1))[0]?.code, "upstream-unreachable");
  });
}

test("66 one more than may be served waits, and is told when to come back once its patience is over", async (t) => {
  const upstream = await startUpstream(t, begin);
  const limits = { turns: 1, patienceMs: 200 };
  const { port, limiter } = await startGateway(t, { upstream: upstream.url, limits });
  const first = await openRaw(port);
  first.write(toChat());
  await first.until('"response":"a"');
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.deepEqual(toStatuses(text), [503]);
  assert.match(text, /^retry-after: \d+\r$/m);
  assert.match(text, /^x-portlock-queue-place: 1\r$/m);
  assert.equal(upstream.reached.length, 1);
  assert.equal(limiter.state.waiting, 0);
  first.destroy();
});

test("70 a refusal keeps its status where a stream was asked for", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url, keys: {} });
  const body = '{"model":"qwen3","stream":true}';
  const head = [AUTH, `content-length: ${body.length}`, "accept: text/event-stream", "connection: close"];
  const text = await rawRequest(port, toRequest("POST /v1/chat/completions", head, body));
  assert.deepEqual(toStatuses(text), [401]);
  assert.match(text, /^www-authenticate: Bearer/m);
});

test("71 a line of 8 MB passes, and the counts behind it are found", async (t) => {
  const context = Array.from({ length: 1_500_000 }, (_, at) => at % 10_000).join(",");
  const line = `{"model":"qwen3","done":true,"context":[${context}],"prompt_eval_count":7,"eval_count":9}\n`;
  const upstream = await startUpstream(t, answerLines(['{"response":"a"}\n', line]));
  const { port, ended } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.ok(text.length > line.length);
  assert.deepEqual((await ended(1))[0]?.tokens, { prompt: 7, answer: 9 });
});

test("71 headers of the upstream that are not its business do not reach the client", async (t) => {
  const url = await startRawUpstream(t, (socket) => {
    socket.end(
      [
        "HTTP/1.1 200 Fine",
        "Content-Type: application/json",
        "Content-Length: 2",
        "Connection: close, X-Inner",
        "X-Inner: 1",
        "Keep-Alive: timeout=1",
        "Proxy-Authenticate: Basic",
        "Set-Cookie: a=b",
        "Server: secret/1",
        "X-Powered-By: secret",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Credentials: true",
        "Strict-Transport-Security: max-age=1",
        "Alt-Svc: h3=:443",
        "X-Kept: yes",
        "",
        "{}",
      ].join("\r\n"),
    );
  });
  const { port } = await startGateway(t, { upstream: url });
  const text = await rawRequest(port, toChat(["connection: close"]));
  const names = [...text.matchAll(/^([A-Za-z-]+): /gm)].map(([, name]) => name?.toLowerCase());
  assert.deepEqual(names, ["content-type", "content-length", "x-kept", "x-request-id", "date", "connection"]);
});

test("71 trailers and early hints of the upstream stay where they are", async (t) => {
  const url = await startRawUpstream(t, (socket) => {
    socket.write("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    socket.end(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n2\r\n{}\r\n0\r\nx-end: 1\r\n\r\n",
    );
  });
  const { port } = await startGateway(t, { upstream: url });
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.deepEqual(toStatuses(text), [200]);
  assert.doesNotMatch(text, /x-end|link|trailer/i);
});

test("71 a redirection of the upstream is not followed, nor is the client sent on", async (t) => {
  const inner = await startUpstream(t);
  const upstream = await startUpstream(t, (response, request) => {
    request.resume();
    response.writeHead(307, { location: `${inner.url}/api/pull` }).end();
  });
  const { port } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.deepEqual(toStatuses(text), [307]);
  assert.doesNotMatch(text, /location/i);
  assert.equal(inner.reached.length, 0);
});

test("41 a list of models holds only those the key may use", async (t) => {
  const list = '{"models":[{"name":"qwen3:latest","model":"qwen3:latest"},{"name":"secret:7b","model":"secret:7b"}]}';
  const upstream = await startUpstream(t, answerLines([list], "application/json"));
  const keys = { [SECRET]: { ...aKey("alice"), scopes: ["read"] as const, models: ["qwen3"] } };
  const { port } = await startGateway(t, { upstream: upstream.url, keys });
  const text = await rawRequest(port, toRequest("GET /api/tags", [AUTH, "connection: close"]));
  assert.deepEqual(toStatuses(text), [200]);
  assert.ok(text.includes("qwen3:latest"));
  assert.ok(!text.includes("secret"));
  assert.match(text, /^content-length: \d+\r$/m);
});

test("41 a list that cannot be read is not passed on", async (t) => {
  const upstream = await startUpstream(t, answerLines(['{"models":[{"name":"secret:7b"'], "application/json"));
  const keys = { [SECRET]: { ...aKey("alice"), scopes: ["read"] as const, models: ["qwen3"] } };
  const { port, ended } = await startGateway(t, { upstream: upstream.url, keys });
  const text = await rawRequest(port, toRequest("GET /api/tags", [AUTH, "connection: close"]));
  assert.deepEqual(toStatuses(text), [502]);
  assert.ok(!text.includes("secret"));
  assert.equal((await ended(1))[0]?.code, "list-unreadable");
});

test("14 a stream of a key that is revoked is cut where that was asked for, and goes on where it was not", async (t) => {
  const upstream = await startUpstream(t, begin);
  const keys = { [SECRET]: aKey("alice"), other: aKey("bob") };
  const { port, keys: known, ended, limiter } = await startGateway(t, { upstream: upstream.url, keys });
  const alice = await openRaw(port);
  alice.write(toChat());
  const bob = await openRaw(port);
  bob.write(toChat().replace(SECRET, "other"));
  await Promise.all([alice.until('"response":"a"'), bob.until('"response":"a"')]);
  known.revoke(SECRET, true);
  known.revoke("other", false);
  await alice.end();
  assert.equal((await ended(1))[0]?.code, "key-revoked");
  assert.equal(bob.socket.closed, false);
  assert.equal(limiter.state.serving, 1);
  bob.destroy();
  await ended(2);
});

test("14 a key that is revoked while it waits is not served any more", async (t) => {
  const upstream = await startUpstream(t, begin);
  const { port, keys, limiter } = await startGateway(t, { upstream: upstream.url, limits: { turns: 1 } });
  const first = await openRaw(port);
  first.write(toChat());
  await first.until('"response":"a"');
  const second = await openRaw(port);
  second.write(toChat(["connection: close"]));
  while (limiter.state.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  keys.revoke(SECRET, false);
  // At once, while the stream before it goes on.
  assert.deepEqual(toStatuses(await second.end()), [401]);
  assert.equal(limiter.state.waiting, 0);
  assert.equal(limiter.state.serving, 1);
  first.destroy();
  while (limiter.state.serving > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(upstream.reached.length, 1);
});

test("a client that does not take in the end of its answer is not waited for", async (t) => {
  const upstream = await startUpstream(t, answerLines(["x".repeat(16 * 1024 * 1024)]));
  const patience = { ...DEFAULT_PATIENCE, silenceMs: 300 };
  const { port, ended } = await startGateway(t, { upstream: upstream.url, patience });
  const client = await openRaw(port);
  client.socket.pause();
  client.write(toChat());
  assert.equal((await ended(1))[0]?.code, "client-silent");
  client.destroy();
});

test("72 while the store is gone nobody is let in, and nothing of it is told", async (t) => {
  const upstream = await startUpstream(t);
  const { port, keys, troubles, ended } = await startGateway(t, { upstream: upstream.url });
  keys.fail(new StoreError("gone", "/var/lib/secret-place", "EIO"));
  const text = await rawRequest(port, toChat(["connection: close"]));
  assert.deepEqual(toStatuses(text), [503]);
  assert.match(text, /^retry-after: \d+\r$/m);
  assert.doesNotMatch(text, /secret-place|EIO/);
  assert.equal(troubles.length, 1);
  assert.equal((await ended(1))[0]?.code, "keys-unreadable");
  assert.equal(upstream.reached.length, 0);
});
