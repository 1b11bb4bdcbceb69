import assert from "node:assert/strict";
import { test } from "node:test";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";
import { DEFAULT_PATIENCE } from "./gateway-options.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{"model":"qwen3"}';
const SLOW_HEAD = { ...DEFAULT_PATIENCE, headMs: 300 };
const SILENT = { ...DEFAULT_PATIENCE, silenceMs: 300 };

function toChat(headers: readonly string[] = []): string {
  return toRequest("POST /api/chat", [AUTH, `content-length: ${BODY.length}`, ...headers], BODY);
}

test("12 a header of a megabyte is refused", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toRequest("POST /api/chat", [`authorization: Bearer ${"x".repeat(2 ** 20)}`]));
  assert.deepEqual(toStatuses(await client.until("HTTP/1.1 431")), [431]);
  assert.equal(upstream.reached.length, 0);
});

test("59 a head that does not come to its end is not waited for", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url, patience: SLOW_HEAD });
  const client = await openRaw(port);
  client.write("GET /api/tags HTTP/1.1\r\nhost: x\r\n");
  assert.deepEqual(toStatuses(await client.end()), [408]);
});

test("59 a body that does not come to its end is not waited for, and holds no turn", async (t) => {
  const upstream = await startUpstream(t);
  const { port, gateway, limiter, ended } = await startGateway(t, { upstream: upstream.url, patience: SILENT });
  const client = await openRaw(port);
  client.write(toRequest("POST /api/chat", [AUTH, "content-length: 1000000", "connection: close"], "x".repeat(1000)));
  await client.until("HTTP/1.1 408");
  await client.end();
  assert.equal((await ended(1))[0]?.code, "body-too-slow");
  assert.equal(limiter.state.serving, 0);
  assert.equal(gateway.state.bodyBytes, 0);
  assert.equal(upstream.reached.length, 0);
});

test("59 a client that reads nothing stops the upstream, and is not waited for", async (t) => {
  let written = 0;
  const piece = Buffer.alloc(64 * 1024, "x");
  const upstream = await startUpstream(t, (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const write = (): void => {
      while (!response.destroyed) {
        written += piece.length;
        if (!response.write(piece)) {
          response.once("drain", write);
          return;
        }
      }
    };
    write();
  });
  const { port, ended, limiter } = await startGateway(t, { upstream: upstream.url, patience: SILENT });
  const client = await openRaw(port);
  client.socket.pause();
  client.write(toChat());
  const [served] = await ended(1);
  assert.equal(served?.code, "client-silent");
  await upstream.reached[0]?.cut;
  // What the kernels of both connections hold, and no more: an upstream that was read on would have written without end.
  assert.ok(written < 64 * 2 ** 20, String(written));
  assert.ok((served?.answerBytes ?? 0) < 32 * 2 ** 20);
  assert.equal(limiter.state.serving, 0);
  client.destroy();
});

test("bodies of all requests together hold no more memory than they may", async (t) => {
  const upstream = await startUpstream(t);
  const patience = { ...DEFAULT_PATIENCE, bodyBytes: 1000 };
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, patience });
  const first = await openRaw(port);
  first.write(toRequest("POST /api/chat", [AUTH, "content-length: 5000"], "x".repeat(900)));
  while (gateway.state.bodyBytes < 900) await new Promise((resolve) => setImmediate(resolve));
  const text = await rawRequest(
    port,
    toRequest("POST /api/chat", [AUTH, "content-length: 500", "connection: close"], "y".repeat(500)),
  );
  assert.deepEqual(toStatuses(text), [503]);
  first.destroy();
  while (gateway.state.bodyBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(toStatuses(await rawRequest(port, toChat(["connection: close"]))), [200]);
});

test("60 idle connections make room for somebody who has something to ask", async (t) => {
  const upstream = await startUpstream(t);
  const caps = { total: 20, perAddress: 20 };
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, caps });
  const idle = await Promise.all(Array.from({ length: 60 }, () => openRaw(port)));
  assert.ok(gateway.state.connections <= 20);
  assert.deepEqual(toStatuses(await rawRequest(port, toChat(["connection: close"]))), [200]);
  for (const client of idle) client.destroy();
});

test("60 connections that are in use are not given up for new ones", async (t) => {
  const upstream = await startUpstream(t, (response, request) => {
    request.resume();
    response.writeHead(200).write("a");
  });
  const caps = { total: 3, perAddress: 3 };
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, caps });
  const busy = await Promise.all([openRaw(port), openRaw(port), openRaw(port)]);
  for (const client of busy) client.write(toChat());
  await Promise.all(busy.map((client) => client.until("\r\n\r\n")));
  const late = await openRaw(port);
  await late.end();
  assert.equal(late.text, "");
  assert.equal(gateway.state.connectionsRefused, 1);
  assert.ok(busy.every((client) => !client.socket.closed));
  for (const client of busy) client.destroy();
});
