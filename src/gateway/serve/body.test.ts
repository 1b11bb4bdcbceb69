import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { aKey } from "../testing/a-key.ts";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";
import { DEFAULT_PATIENCE } from "./gateway-options.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{ "model" : "qwen3",\n\t"messages":[{"role":"user","content":"h\u00e9\\u00e9"}] , "stream":false}';
const DIGEST = `sha256:${"a".repeat(64)}`;
const MANAGER = { [SECRET]: { ...aKey("alice"), scopes: ["manage"] as const } };

function lengthOf(body: string | Uint8Array): string {
  return `content-length: ${Buffer.byteLength(body)}`;
}

test("42 a body goes on as the very bytes that came, blanks and escapes included", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  await rawRequest(port, Buffer.from(toRequest("POST /api/chat", [AUTH, lengthOf(BODY), "connection: close"], BODY)));
  assert.equal((await upstream.reached[0]?.body)?.toString(), BODY);
});

const BAD_BODIES: readonly (readonly [what: string, body: string])[] = [
  ["nested a hundred thousand levels", `{"model":"qwen3","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["with the model twice", '{"model":"qwen3","model":"other"}'],
  ["with a byte order mark", '\ufeff{"model":"qwen3"}'],
  ["that is cut", '{"model":"qwen3"'],
  ["without a model", "{}"],
  ["that is empty", ""],
];

for (const [what, body] of BAD_BODIES) {
  test(`42 a body ${what} reaches nobody`, async (t) => {
    const upstream = await startUpstream(t);
    const { port } = await startGateway(t, { upstream: upstream.url });
    const text = await rawRequest(
      port,
      Buffer.from(toRequest("POST /api/chat", [AUTH, lengthOf(body), "connection: close"], body)),
    );
    assert.deepEqual(toStatuses(text), [400], text);
    assert.equal(upstream.reached.length, 0);
  });
}

test("43 a compressed body is refused", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const head = [AUTH, lengthOf(BODY), "content-encoding: gzip", "connection: close"];
  assert.deepEqual(toStatuses(await rawRequest(port, toRequest("POST /api/chat", head, BODY))), [415]);
  assert.equal(upstream.reached.length, 0);
});

for (const framing of ["length", "chunks"] as const) {
  test(`44 a blob of 64 MB passes in constant memory (${framing})`, async (t) => {
    const hash = createHash("sha256");
    let most = 0;
    const upstream = await startUpstream(t, (response, request) => {
      request.on("data", (chunk: Buffer) => hash.update(chunk));
      request.once("end", () => response.writeHead(201).end());
    });
    // What the upstream of other tests keeps of a body would be most of what is measured here.
    upstream.keepsBodies = false;
    const { port, gateway } = await startGateway(t, { upstream: upstream.url, keys: MANAGER });
    const piece = Buffer.alloc(1024 * 1024, "portlock");
    const pieces = 64;
    const expected = createHash("sha256");
    const client = await openRaw(port);
    const how = framing === "length" ? `content-length: ${pieces * piece.length}` : "transfer-encoding: chunked";
    client.write(toRequest(`POST /api/blobs/${DIGEST}`, [AUTH, how, "connection: close"]));
    for (let sent = 0; sent < pieces; sent += 1) {
      expected.update(piece);
      if (framing === "chunks") client.write(`${piece.length.toString(16)}\r\n`);
      await client.send(piece);
      if (framing === "chunks") client.write("\r\n");
      most = Math.max(most, gateway.state.bodyBytes);
    }
    if (framing === "chunks") client.write("0\r\n\r\n");
    assert.deepEqual(toStatuses(await client.end()), [201]);
    assert.equal(hash.digest("hex"), expected.digest("hex"));
    assert.equal(most, 0);
  });
}

test("44 a blob that comes slowly is waited for as long as it comes", async (t) => {
  const upstream = await startUpstream(t);
  const patience = { ...DEFAULT_PATIENCE, headMs: 300, silenceMs: 2000 };
  const { port } = await startGateway(t, { upstream: upstream.url, keys: MANAGER, patience });
  const client = await openRaw(port);
  client.write(toRequest(`POST /api/blobs/${DIGEST}`, [AUTH, "content-length: 4", "connection: close"]));
  for (const byte of ["a", "b", "c", "d"]) {
    await new Promise((resolve) => setTimeout(resolve, 600));
    client.write(byte);
  }
  assert.deepEqual(toStatuses(await client.end()), [200]);
  assert.equal((await upstream.reached[0]?.body)?.toString(), "abcd");
});

test("45 a digest that is a path is none", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url, keys: MANAGER });
  for (const digest of ["sha256:../../../etc/passwd", `sha256:${"a".repeat(63)}/`, "sha256%3A..", `${DIGEST}/..`]) {
    const head = [AUTH, "content-length: 0", "connection: close"];
    const [status = 0] = toStatuses(await rawRequest(port, toRequest(`POST /api/blobs/${digest}`, head)));
    assert.ok(status === 400 || status === 403, digest);
  }
  assert.equal(upstream.reached.length, 0);
});

test("a key's limit on bodies holds for one that passes through", async (t) => {
  const upstream = await startUpstream(t);
  const key = { ...aKey("alice", { maxBodyBytes: 1000 }), scopes: ["manage"] as const };
  const { port, ended } = await startGateway(t, { upstream: upstream.url, keys: { [SECRET]: key } });
  const client = await openRaw(port);
  client.write(toRequest(`POST /api/blobs/${DIGEST}`, [AUTH, "transfer-encoding: chunked"]));
  client.write(`800\r\n${"x".repeat(2048)}\r\n`);
  await client.until("HTTP/1.1 413");
  client.destroy();
  assert.equal((await ended(1))[0]?.code, "body-too-large");
  await upstream.reached[0]?.cut;
});

test("46 a body is asked for only after the key and the route were looked at", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const expects = [lengthOf(BODY), "expect: 100-continue"];
  for (const [line, headers, status] of [
    ["POST /api/chat", expects, 401],
    ["POST /api/pull", [AUTH, ...expects], 403],
    ["POST /api/chat", [AUTH, `content-length: ${10 ** 10}`, "expect: 100-continue"], 413],
  ] as const) {
    assert.deepEqual(toStatuses(await rawRequest(port, toRequest(line, headers))), [status], line);
  }
  const client = await openRaw(port);
  client.write(toRequest("POST /api/chat", [AUTH, ...expects, "connection: close"]));
  await client.until("HTTP/1.1 100 Continue\r\n\r\n");
  client.write(Buffer.from(BODY));
  assert.deepEqual(toStatuses(await client.end()), [100, 200]);
  assert.equal(upstream.reached.length, 1);
});

test("47 a body that was not read is never the next request", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const inner = toRequest("POST /api/chat", [AUTH, lengthOf(BODY)], BODY);
  const padding = "x".repeat(200_000);
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    [inner, [lengthOf(inner)], 401],
    [inner + padding, [lengthOf(inner + padding)], 401],
    [`${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`, ["transfer-encoding: chunked"], 401],
    [inner, [AUTH, `content-length: ${10 ** 9}`], 413],
  ];
  for (const [body, headers, status] of cases) {
    const client = await openRaw(port);
    client.write(toRequest("POST /api/chat", headers, body));
    await client.until(`HTTP/1.1 ${status}`);
    client.socket.end();
    assert.deepEqual(toStatuses(await client.end()), [status]);
  }
  assert.equal(upstream.reached.length, 0);
});

test("47 after a refusal with a short body the connection is used again", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const refused = toRequest("POST /api/chat", [lengthOf("{}")], "{}");
  const served = Buffer.from(toRequest("POST /api/chat", [AUTH, lengthOf(BODY), "connection: close"], BODY));
  const text = await rawRequest(port, Buffer.concat([Buffer.from(refused), served]));
  assert.deepEqual(toStatuses(text), [401, 200]);
});
