import assert from "node:assert/strict";
import { test } from "node:test";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{"model":"qwen3"}';
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** Ways to say how long a body is that two servers could read differently; each with a valid key. */
const REFUSED: readonly (readonly [what: string, head: readonly string[], body: string])[] = [
  ["48 a length and chunks", [`content-length: ${BODY.length}`, "transfer-encoding: chunked"], CHUNKED],
  ["48 chunks and a length of 0", ["transfer-encoding: chunked", "content-length: 0"], CHUNKED],
  ["48 two lengths", [`content-length: ${BODY.length}`, "content-length: 4"], BODY],
  ["48 the same length twice", [`content-length: ${BODY.length}`, `content-length: ${BODY.length}`], BODY],
  ["48 a list of lengths", [`content-length: ${BODY.length}, ${BODY.length}`], BODY],
  ["48 a length with a sign", [`content-length: +${BODY.length}`], BODY],
  ["48 a hexadecimal length", ["content-length: 0x11"], BODY],
  ["48 an empty length", ["content-length:"], BODY],
  ["49 xchunked", ["transfer-encoding: xchunked"], CHUNKED],
  ["49 chunked, identity", ["transfer-encoding: chunked, identity"], CHUNKED],
  ["49 gzip, chunked", ["transfer-encoding: gzip, chunked"], CHUNKED],
  ["49 two lines of chunked", ["transfer-encoding: chunked", "transfer-encoding: chunked"], CHUNKED],
  ["50 a chunk whose size overflows", ["transfer-encoding: chunked"], `10000000000000011\r\n${BODY}\r\n0\r\n\r\n`],
  ["50 a chunk size that is no number", ["transfer-encoding: chunked"], `zz\r\n${BODY}\r\n0\r\n\r\n`],
  ["50 a bare line feed behind a chunk size", ["transfer-encoding: chunked"], `11\n${BODY}\n0\n\n`],
  ["50 a folded header", ["x-one: a", " b", `content-length: ${BODY.length}`], BODY],
  ["50 a blank before the colon", [`content-length : ${BODY.length}`], BODY],
  ["50 a NUL in a value", ["x-one: a\0b", `content-length: ${BODY.length}`], BODY],
  ["50 a bare carriage return in a value", ["x-one: a\rb", `content-length: ${BODY.length}`], BODY],
  ["51 a second Host", ["host: other", `content-length: ${BODY.length}`], BODY],
  ["51 2500 headers", [...Array<string>(2500).fill("x: y"), `content-length: ${BODY.length}`], BODY],
];

for (const [what, headers, body] of REFUSED) {
  test(`${what} reaches nobody`, async (t) => {
    const upstream = await startUpstream(t);
    const { port, troubles } = await startGateway(t, { upstream: upstream.url });
    const text = await rawRequest(port, toRequest("POST /api/chat", [AUTH, "connection: close", ...headers], body));
    const [status = 0] = toStatuses(text);
    // Where the body is what is wrong, Node.js cuts the connection off.
    assert.ok([0, 400, 431].includes(status), text);
    assert.equal(upstream.reached.length, 0);
    assert.deepEqual(troubles, []);
  });
}

/** Heads that are wrong from their first line on. */
const WRONG_HEADS: readonly (readonly [what: string, head: string])[] = [
  [
    "49 chunks of HTTP/1.0",
    `POST /api/chat HTTP/1.0\r\nhost: x\r\n${AUTH}\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKED}`,
  ],
  ["51 no Host", `GET /api/tags HTTP/1.1\r\n${AUTH}\r\nconnection: close\r\n\r\n`],
  ["51 a path in Host", `GET /api/tags HTTP/1.1\r\nhost: a/b\r\n${AUTH}\r\nconnection: close\r\n\r\n`],
  [
    "34 an absolute target",
    `GET http://127.0.0.1/api/tags HTTP/1.1\r\nhost: x\r\n${AUTH}\r\nconnection: close\r\n\r\n`,
  ],
  ["bare line feeds", `GET /api/tags HTTP/1.1\nhost: x\n${AUTH}\n\n`],
];

for (const [what, head] of WRONG_HEADS) {
  test(`${what} reaches nobody`, async (t) => {
    const upstream = await startUpstream(t);
    const { port } = await startGateway(t, { upstream: upstream.url });
    const text = await rawRequest(port, head);
    const [status = 0] = toStatuses(text);
    assert.equal(status, 400, text);
    assert.equal(upstream.reached.length, 0);
  });
}

test("29 CONNECT is refused, and its connection ended", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(port, `CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nhost: x\r\n${AUTH}\r\n\r\n`);
  assert.deepEqual(toStatuses(text), [405]);
  assert.equal(upstream.reached.length, 0);
});

test("a protocol that is offered is never changed to", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const text = await rawRequest(
    port,
    toRequest("POST /api/chat", [AUTH, "connection: upgrade", "upgrade: websocket", "content-length: 0"]) +
      toRequest("GET /healthz", ["connection: close"]),
  );
  assert.deepEqual(toStatuses(text), [400]);
  assert.equal(upstream.reached.length, 0);
});

test("50 a chunk's extension is not passed on", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const body = `${BODY.length.toString(16)};a="b"\r\n${BODY}\r\n0\r\n\r\n`;
  const head = [AUTH, "connection: close", "transfer-encoding: chunked"];
  assert.deepEqual(toStatuses(await rawRequest(port, toRequest("POST /api/chat", head, body))), [200]);
  const [reached] = upstream.reached;
  assert.equal((await reached?.body)?.toString(), BODY);
  assert.ok(reached?.rawHeaders.includes("content-length"));
  assert.ok(!reached?.rawHeaders.includes("transfer-encoding"));
});

test("52 a second request behind the first one needs a key of its own", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const length = `content-length: ${BODY.length}`;
  const text = await rawRequest(
    port,
    toRequest("POST /api/chat", [AUTH, length], BODY) +
      toRequest("POST /api/chat", [length, "connection: close"], BODY),
  );
  assert.deepEqual(toStatuses(text), [200, 401]);
  assert.equal(upstream.reached.length, 1);
});

test("52 a flood of requests on one connection is cut off", async (t) => {
  const upstream = await startUpstream(t, () => {});
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toRequest("POST /api/chat", [AUTH, `content-length: ${BODY.length}`], BODY).repeat(50));
  await client.end();
  await ended(1);
  assert.ok(upstream.reached.length <= 1);
  assert.equal(limiter.state.serving, 0);
});
