import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../key.ts";
import { aKey } from "../testing/a-key.ts";
import { rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const NGINX = ["x-original-method: POST", "x-original-uri: /api/chat"];
const TAGS = ["x-original-method: GET", "x-original-uri: /api/tags"];
const CADDY = ["x-forwarded-method: POST", "x-forwarded-uri: /api/chat"];
const READER: Key = { ...aKey("alice"), scopes: ["read"] };

const CASES: readonly (readonly [what: string, status: number, headers: readonly string[], key?: Key])[] = [
  ["nginx asks for a request the key may make", 204, [AUTH, ...NGINX]],
  ["Caddy asks for it", 204, [AUTH, ...CADDY]],
  ["both ways of asking agree", 204, [AUTH, ...NGINX, ...CADDY]],
  ["two ways of asking differ", 400, [AUTH, ...NGINX, "x-forwarded-uri: /api/tags"]],
  ["one way of asking says two things", 400, [AUTH, ...NGINX, "x-original-uri: /api/tags"]],
  ["the request is not told", 400, [AUTH]],
  ["only the path is told", 400, [AUTH, "x-original-uri: /api/chat"]],
  ["there is no key", 401, [...NGINX]],
  ["the key is unknown", 401, ["authorization: Bearer nobody", ...NGINX]],
  ["the route is not one", 403, [AUTH, "x-original-method: POST", "x-original-uri: /api/none"]],
  ["the key has not the scope", 403, [AUTH, "x-original-method: POST", "x-original-uri: /api/pull"]],
  ["the path is written otherwise", 403, [AUTH, "x-original-method: POST", "x-original-uri: /api/ch%61t"]],
  ["the model stands in a body nobody shows", 403, [AUTH, ...NGINX], { ...aKey("alice"), models: ["qwen3"] }],
  ["the body may only be so large", 403, [AUTH, ...NGINX], aKey("alice", { maxBodyBytes: 1 })],
  ["the context may only be so large", 403, [AUTH, ...NGINX], aKey("alice", { maxContextTokens: 1 })],
  ["tokens are counted", 403, [AUTH, ...NGINX], aKey("alice", { tokensPerDay: 100 })],
  ["streams are counted", 403, [AUTH, ...NGINX], aKey("alice", { concurrent: 1 })],
  ["the address of the client counts", 403, [AUTH, ...NGINX], { ...aKey("alice"), from: ["127.0.0.0/8"] }],
  ["a list is to be filtered", 403, [AUTH, ...TAGS], { ...READER, models: ["qwen3"] }],
  ["a list may be seen whole", 204, [AUTH, ...TAGS], READER],
  ["a route names nothing", 204, [AUTH, "x-original-method: GET", "x-original-uri: /api/version"], READER],
];

for (const [what, status, headers, key] of CASES) {
  test(`a proxy is told ${status} where ${what}`, async (t) => {
    const upstream = await startUpstream(t);
    const { port } = await startGateway(t, { upstream: upstream.url, keys: { [SECRET]: key ?? aKey("alice") } });
    const text = await rawRequest(port, toRequest("GET /portlock/verify", [...headers, "connection: close"]));
    assert.deepEqual(toStatuses(text), [status], text);
    assert.equal(/^x-portlock-key: alice\r$/m.test(text), status === 204);
    assert.equal(upstream.reached.length, 0);
  });
}

test("a proxy is told 429 where the key has asked too often", async (t) => {
  const keys = { [SECRET]: aKey("alice", { requestsPerMinute: 1 }) };
  const { port } = await startGateway(t, { upstream: "http://127.0.0.1:1", keys });
  const ask = (): Promise<string> =>
    rawRequest(port, toRequest("GET /portlock/verify", [AUTH, ...NGINX, "connection: close"]));
  assert.deepEqual(toStatuses(await ask()), [204]);
  assert.deepEqual(toStatuses(await ask()), [429]);
});
