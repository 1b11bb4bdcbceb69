import assert from "node:assert/strict";
import { ROUTES } from "../policy/routes.ts";
import { toRequest, toStatuses } from "../testing/raw-request.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  byThemselves,
  expectRefused,
  expectServed,
  lengthOf,
  toBody,
  toGet,
  toPost,
} from "./attempt.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

function toConcrete(id: string): readonly [method: string, path: string] {
  const [method = "", path = ""] = id.split(" ");
  return [method, path.replace("{digest}", DIGEST).replace("{model}", "qwen3").replace("{key}", "abc")];
}

/** A request of that route that would be served, were the key allowed to. */
function toSound(id: string, headers: readonly string[]): string {
  const [method, path] = toConcrete(id);
  if (method === "GET" || method === "HEAD") return toGet(path, headers, method);
  const body =
    path === "/api/copy" ? '{"source":"qwen3","destination":"copy"}' : path.includes("/blobs/") ? "x" : toBody();
  return toPost(path, headers, body, method);
}

const management: Attempt = async (world) => {
  const beyond = ROUTES.filter(({ scope }) => scope !== "inference").map(({ id }) => id);
  for (const id of ["POST /api/pull", "DELETE /api/delete", "POST /api/signout", "DELETE /api/user/keys/{key}"]) {
    assert.ok(beyond.includes(id), id);
  }
  await expectRefused(
    world,
    [403],
    byThemselves(beyond, (id) => toSound(id, [bearer(world.alice)])),
  );
  const reader = await world.makeKey({ scopes: ["read"] });
  const changing = ROUTES.filter(({ scope }) => scope !== "read").map(({ id }) => id);
  await expectRefused(
    world,
    [403],
    byThemselves(changing, (id) => toSound(id, [bearer(reader)])),
  );
};

const insides: Attempt = async (world) => {
  const paths = ["/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/trace", "/debug/vars"];
  const consoles = ["/metrics", "/admin", "/admin/", "/ui", "/dashboard", "/console", "/public/", "/stats", "/config"];
  const files = ["/.env", "/.git/config", "/server-status", "/actuator/env", "/api/experimental/aliases"];
  for (const key of [world.alice, world.manager]) {
    await expectRefused(
      world,
      [403],
      byThemselves([...paths, ...consoles, ...files], (path) => toGet(path, [bearer(key)])),
    );
  }
  // With the grant too, only what is listed: `cmdline` shows arguments, `trace` and `profile` take a query.
  await expectRefused(
    world,
    [403],
    byThemselves(["/debug/pprof/cmdline", "/debug/pprof/trace", "/debug/pprof/symbol", "/debug/", "/metrics"], (path) =>
      toGet(path, [bearer(world.owner)]),
    ),
  );
};

const cloud: Attempt = async (world) => {
  const models = ["gpt-oss:120b-cloud", "x:cloud", "x:CLOUD", "ns/x:20b-cloud", "x:20b:cloud"];
  for (const key of [world.alice, world.manager]) {
    await expectRefused(
      world,
      [403],
      byThemselves(models, (model) => toPost("/api/chat", [bearer(key)], toBody(model))),
    );
    await expectRefused(world, [403], {
      "web search": toPost("/api/experimental/web_search", [bearer(key)], '{"query":"x"}'),
      "web fetch": toPost("/api/experimental/web_fetch", [bearer(key)], '{"url":"http://127.0.0.1/"}'),
      "a search tool": toPost(
        "/v1/messages",
        [bearer(key)],
        '{"model":"qwen3","tools":[{"type":"web_search_20250305","name":"web_search"}]}',
      ),
      "a model that is asked elsewhere": toPost(
        "/api/create",
        [bearer(key)],
        '{"model":"mine","from":"qwen3","remote_host":"https://ollama.com"}',
      ),
    });
  }
  await expectServed(world, { granted: toPost("/api/chat", [bearer(world.owner)], toBody("x:cloud")) });
};

const loading: Attempt = async (world) => {
  const load = (model: string, keepAlive: string): string => `{"model":"${model}","keep_alive":${keepAlive}}`;
  const frugal = await world.makeKey({ limits: { ...world.alice.key.limits, maxKeepAliveSeconds: 300 } });
  for (const path of ["/api/generate", "/api/chat", "/api/embed"]) {
    await expectRefused(world, [403], {
      "a denied model": toPost(path, [bearer(world.narrow)], load("llama3.2", "0")),
      "unloading it": toPost(path, [bearer(world.narrow)], `{"model":"llama3.2","prompt":"","keep_alive":"0s"}`),
      "for ever": toPost(path, [bearer(frugal)], load("qwen3", "-1")),
      "for ever, in words": toPost(path, [bearer(frugal)], load("qwen3", '"-1m"')),
      "too long": toPost(path, [bearer(frugal)], load("qwen3", '"24h"')),
    });
  }
  await expectRefused(world, [401], { "no key": toPost("/api/generate", [], load("qwen3", "0")) });
};

const unusualBodies: Attempt = async (world) => {
  const key = bearer(world.manager);
  await expectRefused(world, [400], {
    "GET with a body": toPost("/api/tags", [key], "{}", "GET"),
    "HEAD with a body": toPost("/api/tags", [key], "{}", "HEAD"),
    "GET with chunks": toRequest("GET /api/tags", [key, "transfer-encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
    "DELETE without a body": toPost("/api/delete", [key], "", "DELETE"),
  });
  await expectRefused(
    world,
    [403],
    byThemselves(["/api/chat", "/api/pull", "/v1/messages", "/v1/models"], (path) => toGet(path, [key], "HEAD")),
  );
  await expectRefused(
    world,
    [403],
    byThemselves(["POST /api/tags", "GET /api/chat", "DELETE /api/chat", "POST /api/delete"], (line) => {
      const [method, path = ""] = line.split(" ");
      return method === "GET" ? toGet(path, [key]) : toPost(path, [key], toBody(), method);
    }),
  );
};

const overridden: Attempt = async (world) => {
  const names = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
  await expectRefused(
    world,
    [400],
    byThemselves(names, (name) => toPost("/api/chat", [bearer(world.manager), `${name}: DELETE`])),
  );
  await expectServed(world, {
    "in the query": toPost("/api/chat?_method=DELETE", [bearer(world.manager)]),
    "in the body": toPost("/api/chat", [bearer(world.manager)], '{"model":"qwen3","_method":"DELETE"}'),
  });
  const asked = world.upstream.reached.slice(-2).map(({ method, target }) => `${method} ${target}`);
  assert.deepEqual(asked, ["POST /api/chat", "POST /api/chat"]);
};

const otherMethods: Attempt = async (world) => {
  const key = bearer(world.owner);
  await expectRefused(
    world,
    [400, 403],
    byThemselves(
      ["TRACE", "PUT", "PATCH", "PROPFIND", "MKCOL", "SEARCH", "LINK", "PURGE", "LOCK", "QUERY", "M-SEARCH"],
      (method) => toGet("/api/tags", [key], method),
    ),
  );
  await expectRefused(
    world,
    [400],
    byThemselves(["FOO", "get", "Post", "GET\t", "", "PRI", "\u0000GET"], (method) =>
      toGet("/api/tags", [key], method),
    ),
  );
  const connect = `CONNECT 127.0.0.1:${world.upstream.port} HTTP/1.1\r\nhost: x\r\n${key}\r\n\r\n`;
  await expectRefused(world, [405], {
    CONNECT: connect,
    "CONNECT and more": `${connect}GET /api/tags HTTP/1.1\r\n\r\n`,
  });
  const body = toBody();
  const upgrading = ["connection: upgrade", "upgrade: websocket", lengthOf(body)];
  await expectRefused(world, [400], {
    "an upgrade": toRequest("POST /api/chat", [key, ...upgrading], body),
    "HTTP/2 beforehand": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  });
  assert.deepEqual(toStatuses(await world.send(toGet("/healthz"))), [200]);
};

export const SCOPE_ATTACKS: Attempts<"c"> = {
  23: management,
  24: insides,
  25: cloud,
  26: loading,
  27: unusualBodies,
  28: overridden,
  29: otherMethods,
};
