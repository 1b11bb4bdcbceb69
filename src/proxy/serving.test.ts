/**
 * What is written for a proxy does what it says: each proxy runs with it in front of a server that notes what reaches
 * it, and is asked.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readInstalledVersion, type RunningProxy, startProxy } from "../../test/proxy-programs.ts";
import { makeCredential } from "../commands/make-credential.ts";
import { makeConfiguration } from "./configuration.ts";
import { PROXY_AUTHS, PROXY_KINDS, type ProxyAuth, type ProxyKind, type ProxySite } from "./site.ts";

const ORIGIN = "https://app.example.com";
const USER_AGENT = "portlock-serving-test";
const BLOB = `/api/blobs/sha256:${"a".repeat(64)}`;
const BLOB_BYTES = 3_000_000;

/** What reached the model server. */
interface Reached {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: number;
}

interface Upstream {
  readonly port: number;
  readonly reached: Reached[];
  /** Streams that wait for a word, newest last. */
  readonly streams: ServerResponse[];
  readonly server: Server;
}

async function startUpstream(): Promise<Upstream> {
  const reached: Reached[] = [];
  const streams: ServerResponse[] = [];
  const server = createServer((message, response) => {
    let bytes = 0;
    message.on("data", (chunk: Buffer) => (bytes += chunk.length));
    message.on("end", () => {
      const { method = "", url: target = "", headers } = message;
      // Whoever else looks at the ports of this machine is not looked at.
      if (headers["user-agent"] === USER_AGENT) reached.push({ method, target, headers, bytes });
      response.setHeader("Access-Control-Allow-Origin", "*");
      if (target !== "/api/chat") return response.end("{}");
      response.setHeader("Content-Type", "application/x-ndjson");
      response.write('{"n":0}\n');
      return streams.push(response);
    });
  });
  return { port: await listen(server), reached, streams, server };
}

/** Stands in for the gateway's verifier: 204 for one key. */
async function startVerifier(key: string): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer(({ headers, url }, response) => {
    const told = headers["x-original-uri"] ?? headers["x-forwarded-uri"];
    const isAsked = url === "/portlock/verify" && typeof told === "string" && told.startsWith("/");
    response.statusCode = isAsked && headers.authorization === key ? 204 : 401;
    response.end();
  });
  return { port: await listen(server), server };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer;
}

async function open(port: number, { method = "GET", path, headers = {}, body }: Asked): Promise<IncomingMessage> {
  const asked = request({
    host: "127.0.0.1",
    port,
    method,
    path,
    headers: { "user-agent": USER_AGENT, ...headers },
    agent: false,
  });
  asked.end(body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.on("response", resolve);
  asked.on("error", reject);
  return await promise;
}

async function ask(
  port: number,
  asked: Asked,
): Promise<{ readonly status: number; readonly headers: IncomingMessage["headers"] }> {
  const response = await open(port, asked);
  response.resume();
  await once(response, "end");
  return { status: response.statusCode ?? 0, headers: response.headers };
}

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing) await close();
});

interface Scene {
  readonly port: number;
  readonly upstream: Upstream;
  readonly authorization: string;
}

/** A proxy with everything let through that is in a scope, and one person. */
async function setUp(kind: ProxyKind, auth: ProxyAuth): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-serving-"));
  const file = join(folder, "people");
  const handsOn = kind === "haproxy";
  const upstream = await startUpstream();
  const port = await findFreePort();
  const key = "Bearer gateway-key";
  const verifier = await startVerifier(key);
  const credential = auth === "portlock" ? null : await makeCredential(kind, auth, "alice");
  if (credential !== null) writeFileSync(file, `${credential.line}\n`);
  const site: ProxySite = {
    id: "test",
    listen: { address: "127.0.0.1", port },
    name: null,
    upstream: { kind: "tcp", address: "127.0.0.1", port: upstream.port },
    auth:
      auth === "portlock"
        ? { kind: auth, gateway: { address: "127.0.0.1", port: handsOn ? upstream.port : verifier.port } }
        : { kind: auth, file },
    scopes: ["inference", "read", "manage"],
    tls: { kind: "none" },
    origins: [ORIGIN],
    requestsPerMinute: null,
  };
  const version = readInstalledVersion(kind);
  assert.ok(version);
  const made = makeConfiguration(kind, site, version);
  assert.ok(made.kind === "text");
  const proxy: RunningProxy = await startProxy(kind, made.text, folder, port);
  closing.push(
    () => proxy.end(),
    () => upstream.server.closeAllConnections(),
    () => upstream.server.close(),
    () => verifier.server.closeAllConnections(),
    () => verifier.server.close(),
    () => rmSync(folder, { recursive: true }),
  );
  return { port, upstream, authorization: credential?.authorization ?? key };
}

type Case = readonly [what: string, asked: Asked, withCredential: boolean, status: number];
const CASES: readonly Case[] = [
  ["nobody, at a route", { path: "/api/tags" }, false, 401],
  ["nobody, at no route", { path: "/no/such" }, false, 401],
  ["nobody, by another method", { method: "PUT", path: "/api/chat" }, false, 401],
  ["nobody, at the place where the gateway is asked", { path: "/portlock/verify" }, false, 401],
  ["a wrong key", { path: "/api/tags", headers: { authorization: "Bearer wrong" } }, false, 401],
  ["somebody let in", { path: "/api/tags" }, true, 200],
  ["a query is not handed on", { path: "/api/tags?key=secret" }, true, 200],
  ["a model by name", { path: "/v1/models/llama3.2:3b" }, true, 200],
  ["up a folder", { path: "/v1/models/.." }, true, 403],
  ["a path with two slashes", { path: "//api/tags" }, true, 403],
  ["an encoded path", { path: "/api/%74ags" }, true, 403],
  ["another case", { path: "/API/tags" }, true, 403],
  ["a slash at the end", { path: "/api/tags/" }, true, 403],
  ["what is in no scope", { method: "POST", path: "/api/me" }, true, 403],
  ["another method", { method: "PUT", path: "/api/tags" }, true, 403],
  ["the place of the proxy's own", { path: "/portlock/forward" }, true, 403],
  ["an upload", { method: "POST", path: BLOB, body: Buffer.alloc(BLOB_BYTES) }, true, 200],
  ["a digest that is none", { method: "POST", path: "/api/blobs/sha256:../x" }, true, 403],
];

for (const kind of PROXY_KINDS) {
  const skip = readInstalledVersion(kind) === null ? `${kind} is not installed` : false;
  // HAProxy hands on to the gateway itself: below.
  for (const auth of PROXY_AUTHS.filter((each) => kind !== "haproxy" || each !== "portlock")) {
    describe(`${kind} with ${auth}`, { skip }, () => {
      const scene = skip === false ? setUp(kind, auth) : Promise.reject(new Error(skip));
      scene.catch(() => {});

      for (const [what, asked, withCredential, status] of CASES) {
        test(`${what}: ${status}`, async () => {
          const { port, upstream, authorization } = await scene;
          const before = upstream.reached.length;
          const headers = { ...(withCredential ? { authorization } : {}), ...asked.headers };
          assert.equal((await ask(port, { ...asked, headers })).status, status);
          const reached = upstream.reached.slice(before);
          assert.deepEqual(
            reached.map(({ method, target }) => `${method} ${target}`),
            status === 200 ? [`${asked.method ?? "GET"} ${asked.path.split("?")[0]}`] : [],
          );
          for (const { bytes } of reached) assert.equal(bytes, asked.body?.length ?? 0);
        });
      }

      test("two credentials are refused", async () => {
        const { port, upstream, authorization } = await scene;
        const before = upstream.reached.length;
        const { status } = await ask(port, {
          path: "/api/tags",
          headers: { authorization: [authorization, authorization] },
        });
        assert.ok(status === 400 || status === 401, String(status));
        assert.equal(upstream.reached.length, before);
      });

      test("the model server sees a Host of its own, and nothing of who asks", async () => {
        const { port, upstream, authorization } = await scene;
        const told = {
          cookie: "a=b",
          "x-forwarded-for": "192.0.2.1",
          "x-real-ip": "192.0.2.1",
          x_user: "root",
          origin: ORIGIN,
        };
        await ask(port, { path: "/api/ps", headers: { authorization, host: "evil.example.com", ...told } });
        const { headers } = upstream.reached.at(-1) ?? assert.fail("nothing reached it");
        assert.equal(headers.host, `localhost:${upstream.port}`);
        for (const name of ["authorization", "x-api-key", ...Object.keys(told)])
          assert.equal(headers[name], undefined, name);
      });

      test("a page of a named origin is let ask, one of another is not", async () => {
        const { port, authorization } = await scene;
        const preflight = await ask(port, { method: "OPTIONS", path: "/api/chat", headers: { origin: ORIGIN } });
        assert.equal(preflight.status, 204);
        assert.equal(preflight.headers["access-control-allow-origin"], ORIGIN);
        const other = { origin: "https://app.example.com.evil.example" };
        const refused = await ask(port, { method: "OPTIONS", path: "/api/chat", headers: other });
        assert.equal(refused.status, 401);
        const answer = await ask(port, { path: "/api/tags", headers: { authorization, ...other } });
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
      });

      test("a stream passes word by word, and stops when its client leaves", async () => {
        const { port, upstream, authorization } = await scene;
        const response = await open(port, {
          method: "POST",
          path: "/api/chat",
          headers: { authorization },
          body: Buffer.from("{}"),
        });
        const words = response[Symbol.asyncIterator]();
        const [stream] = upstream.streams.splice(0);
        assert.ok(stream);
        // The next word is only sent when the one before was heard: a proxy that collects words would wait for ever.
        for (const n of [0, 1, 2]) {
          const heard: unknown = (await words.next()).value;
          assert.equal(String(heard), `{"n":${n}}\n`);
          stream.write(`{"n":${n + 1}}\n`);
        }
        // HAProxy hears of a client that has left with the next word that it sends him.
        const talking = setInterval(() => stream.write('{"n":9}\n'), 50);
        const left = once(stream, "close");
        response.destroy();
        await left;
        clearInterval(talking);
      });
    });
  }
}

function takeLast({ reached }: Upstream): Reached {
  return reached.pop() ?? assert.fail("nothing reached it");
}

const haproxy = readInstalledVersion("haproxy") === null ? "haproxy is not installed" : false;
test("haproxy with portlock hands on to the gateway what shows a credential, with it", { skip: haproxy }, async () => {
  const { port, upstream } = await setUp("haproxy", "portlock");
  assert.equal((await ask(port, { path: "/api/tags" })).status, 401);
  assert.equal((await ask(port, { path: "/no/such" })).status, 401);
  assert.deepEqual(upstream.reached, []);
  for (const shown of [{ authorization: "Bearer a" }, { "x-api-key": "a" }]) {
    assert.equal((await ask(port, { path: "/no/such", headers: shown })).status, 403);
    assert.equal((await ask(port, { path: "/api/tags?a=b", headers: { ...shown, cookie: "c=d" } })).status, 200);
    const last: Reached = takeLast(upstream);
    assert.equal(last.target, "/api/tags");
    assert.equal(last.headers.host, `127.0.0.1:${upstream.port}`);
    assert.equal(last.headers.cookie, undefined);
    for (const [name, value] of Object.entries(shown)) assert.equal(last.headers[name], value);
  }
  assert.deepEqual(upstream.reached, []);
});
