import assert from "node:assert/strict";
import { test } from "node:test";
import { aKey } from "../testing/a-key.ts";
import { rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{"model":"qwen3"}';

function toChat(headers: readonly string[]): string {
  return toRequest("POST /api/chat", [...headers, `content-length: ${BODY.length}`, "connection: close"], BODY);
}

test("53 the upstream sees a constant Host, and of the client no more than what it needs", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const headers = [
    AUTH,
    `x-api-key: ${SECRET}`,
    "content-type: application/json",
    "user-agent: test/1",
    "cookie: session=1",
    "origin-agent-cluster: ?1",
    "proxy-authorization: Basic YTpi",
    "keep-alive: timeout=5",
    "te: trailers",
    "x-forwarded-for: 10.0.0.1",
    "x-forwarded-host: evil",
    "x-forwarded-proto: https",
    "forwarded: for=10.0.0.1",
    "x-real-ip: 10.0.0.1",
    "cf-connecting-ip: 10.0.0.1",
    "true-client-ip: 10.0.0.1",
    "remote-user: root",
    "x-remote-user: root",
    "x-forwarded-user: root",
    "x-auth-request-user: root",
    "x-portlock-key: key_other",
    "accept-encoding: gzip",
    "range: bytes=0-1",
    "referer: http://evil/",
  ];
  assert.deepEqual(toStatuses(await rawRequest(port, toChat(headers))), [200]);
  const [reached] = upstream.reached;
  assert.deepEqual(reached?.rawHeaders, [
    "host",
    `127.0.0.1:${upstream.port}`,
    "connection",
    "keep-alive",
    "content-type",
    "application/json",
    "user-agent",
    "test/1",
    "content-length",
    String(BODY.length),
  ]);
  assert.ok(!JSON.stringify(reached).includes(SECRET));
});

test("54 names that the client lists in Connection take nothing away that is the gateway's", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  const listed = "connection: close, authorization, content-type, content-length, host, x-request-id";
  const text = await rawRequest(
    port,
    toRequest(
      "POST /api/chat",
      [AUTH, listed, "content-type: application/json", `content-length: ${BODY.length}`],
      BODY,
    ),
  );
  assert.deepEqual(toStatuses(text), [200]);
  assert.match(text, /^x-request-id: /m);
  const [reached] = upstream.reached;
  assert.ok(reached?.rawHeaders.includes(`127.0.0.1:${upstream.port}`));
  assert.equal((await reached?.body)?.toString(), BODY);
});

test("55 a name with an underscore is refused", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url });
  for (const name of ["x_forwarded_for", "remote_user", "content_length"]) {
    assert.deepEqual(toStatuses(await rawRequest(port, toChat([AUTH, `${name}: 1`]))), [400]);
  }
  assert.equal(upstream.reached.length, 0);
});

const SPOOFED = ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip"];

test("56 57 no header says where a client is, not even from loopback", async (t) => {
  const upstream = await startUpstream(t);
  const keys = { [SECRET]: { ...aKey("alice"), from: ["10.0.0.0/8"] } };
  const { port } = await startGateway(t, { upstream: upstream.url, keys });
  for (const name of SPOOFED) {
    const value = name === "forwarded" ? "for=10.0.0.1" : "10.0.0.1";
    assert.deepEqual(toStatuses(await rawRequest(port, toChat([AUTH, `${name}: ${value}`]))), [403], name);
  }
  assert.equal(upstream.reached.length, 0);
});

test("an IPv4 client of a socket for both families is known by its IPv4 address", async (t) => {
  const upstream = await startUpstream(t);
  const keys = { [SECRET]: { ...aKey("alice"), from: ["127.0.0.0/8"] } };
  const setting = { upstream: upstream.url, keys, listen: { host: "::", port: 0 } };
  const { port, ended } = await startGateway(t, setting);
  assert.deepEqual(toStatuses(await rawRequest(port, toChat([AUTH]))), [200]);
  assert.equal((await ended(1))[0]?.peer, "127.0.0.1");
});

const PREFLIGHT = [
  "access-control-request-method: POST",
  "access-control-request-headers: authorization, x-stainless-os",
];

test("58 a browser's question is answered for a listed origin only, and reaches nobody", async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startGateway(t, { upstream: upstream.url, origins: ["https://chat.example.com"] });
  const ask = (origin: string): Promise<string> =>
    rawRequest(port, toRequest("OPTIONS /api/chat", [`origin: ${origin}`, ...PREFLIGHT, "connection: close"]));
  const allowed = await ask("https://chat.example.com");
  assert.deepEqual(toStatuses(allowed), [204]);
  assert.match(allowed, /^access-control-allow-origin: https:\/\/chat\.example\.com\r$/m);
  assert.match(allowed, /^access-control-allow-headers: authorization, x-stainless-os\r$/m);
  assert.doesNotMatch(allowed, /credentials|\*/);
  for (const origin of ["https://evil.example", "null", "https://chat.example.com.evil.example", "*"]) {
    const refused = await ask(origin);
    assert.deepEqual(toStatuses(refused), [403], origin);
    assert.doesNotMatch(refused, /access-control/);
  }
  assert.equal(upstream.reached.length, 0);
});

test("58 a page of an origin that is not listed is refused even with a key", async (t) => {
  const upstream = await startUpstream(t, (response) => {
    response
      .writeHead(200, { "access-control-allow-origin": "*", "access-control-allow-credentials": "true" })
      .end("{}");
  });
  const { port } = await startGateway(t, { upstream: upstream.url, origins: ["https://chat.example.com"] });
  assert.deepEqual(toStatuses(await rawRequest(port, toChat([AUTH, "origin: https://evil.example"]))), [403]);
  assert.equal(upstream.reached.length, 0);
  const text = await rawRequest(port, toChat([AUTH, "origin: https://chat.example.com"]));
  assert.deepEqual(toStatuses(text), [200]);
  assert.deepEqual(text.match(/^access-control-allow-\S+: [^\r]*/gm), [
    "access-control-allow-origin: https://chat.example.com",
  ]);
  assert.ok(!upstream.reached[0]?.rawHeaders.includes("origin"));
});
