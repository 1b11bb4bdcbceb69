import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { EndSignal } from "./context.ts";
import { tryCommand, type Tried } from "./testing/try-command.ts";

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "portlock-gateway-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function startModelServer(t: TestContext): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume().once("end", () => {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"done":true,"prompt_eval_count":3,"eval_count":4}');
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

async function createKey(data: string): Promise<string> {
  const { out } = await tryCommand(["keys", "create", "alice", "--data", data, "--json"]);
  const made: { readonly key: string } = JSON.parse(out);
  return made.key;
}

/** A command that serves, and what ends it. */
interface Running {
  readonly url: string;
  readonly tried: Promise<Tried>;
  signal(signal: EndSignal): void;
}

async function run(folder: string, flags: readonly string[]): Promise<Running> {
  let hear: ((signal: EndSignal) => void) | null = null;
  const log = join(folder, "access.log");
  const tried = tryCommand(["gateway", "--data", join(folder, "data"), "--log", log, "--even-so", ...flags], {
    onSignal: (wanted) => {
      hear = wanted;
    },
  });
  const port = Number(/:(\d+)$/.exec(flags[1] ?? "")?.[1]);
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp && hear !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { url: `http://127.0.0.1:${port}`, tried, signal: (signal) => hear?.(signal) };
}

/** A port that was free a moment ago. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("the gateway lets in who has a key, counts it, and ends in order", async (t) => {
  const folder = await makeFolder(t);
  const upstream = await startModelServer(t);
  const key = await createKey(join(folder, "data"));
  const running = await run(folder, ["--listen", `127.0.0.1:${await findPort()}`, "--upstream", upstream]);
  const ask = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${running.url}/api/chat`, { method: "POST", headers, body: '{"model":"qwen3"}' });
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ authorization: `Bearer ${key}` })).status, 200);
  running.signal("SIGHUP");
  running.signal("SIGTERM");
  const { code, err } = await running.tried;
  assert.equal(code, 0, err);
  assert.match(err, /lets one key in to http:\/\/127\.0\.0\.1:/);
  const lines = (await readFile(join(folder, "access.log"), "utf8")).trim().split("\n");
  const chats = lines.map((line) => JSON.parse(line)).filter(({ method }) => method === "POST");
  assert.deepEqual(
    chats.map(({ status }) => status),
    [401, 200],
  );
  assert.ok(!lines.join("").includes(key));
  const usage = await tryCommand(["keys", "usage", "--data", join(folder, "data"), "--json"], {
    now: () => new Date(),
  });
  assert.match(usage.out, /"promptTokens": 3/);
});

test("74 SIGTERM ends the process in order, with exit code 0", async (t) => {
  const folder = await makeFolder(t);
  const upstream = await startModelServer(t);
  const main = join(import.meta.dirname, "../main.ts");
  const flags = ["--data", join(folder, "data"), "--listen", `127.0.0.1:${await findPort()}`, "--upstream", upstream];
  const child = spawn(process.execPath, [main, "gateway", "--even-so", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("no key yet")) child.kill("SIGTERM");
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0, said);
  assert.match(said, /Ended\.\n$/);
});

const REFUSALS: readonly (readonly [code: string, flags: readonly string[], exitCode: number])[] = [
  ["beyond-loopback-without-tls", ["--listen", "192.0.2.1:11435", "--upstream", "http://192.0.2.9:11434"], 2],
  [
    "beyond-loopback-without-keys",
    ["--listen", "192.0.2.1:11435", "--upstream", "http://192.0.2.9:11434", "--tls-self-signed"],
    2,
  ],
  ["metrics-beyond-loopback", ["--upstream", "http://192.0.2.9:11434", "--metrics", "192.0.2.1:9464"], 2],
  ["upstream-is-gateway", ["--listen", "127.0.0.1:11999", "--upstream", "http://localhost:11999"], 2],
  ["tls-incomplete", ["--upstream", "http://192.0.2.9:11434", "--client-ca", "/nowhere"], 2],
  ["flag-missing", ["--upstream", "http://192.0.2.9:11434", "--tls-cert", "/nowhere"], 64],
  ["flags-contradict", ["--tls-self-signed", "--tls-key", "/nowhere"], 64],
  ["file-unreadable", ["--upstream", "http://192.0.2.9:11434", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"], 2],
  ["log-unwritable", ["--upstream", "http://192.0.2.9:11434", "--log", "/nowhere/access.log"], 2],
  ["redis-password", ["--redis", "redis://:secret@127.0.0.1"], 64],
  ["redis-gone", ["--upstream", "http://192.0.2.9:11434", "--redis", "redis://127.0.0.1:1"], 2],
  ["usage", ["--upstream", "http://user:secret@127.0.0.1:11434"], 64],
  ["usage", ["--upstream", "http://127.0.0.1:11434/api"], 64],
  ["usage", ["--origin", "*"], 64],
  ["usage", ["--listen", "127.0.0.1:99999"], 64],
];

for (const [code, flags, exitCode] of REFUSALS) {
  test(`75 77 the gateway does not start with ${flags.join(" ")}: ${code}`, async (t) => {
    const folder = await makeFolder(t);
    for (const [lang, error, hint] of [
      ["en", "error", "What to do"],
      ["zh-CN", "错误", "处理方法"],
    ] as const) {
      const tried = await tryCommand(["gateway", "--data", join(folder, "data"), "--lang", lang, ...flags]);
      assert.equal(tried.code, exitCode, tried.err);
      assert.ok(tried.err.includes(`portlock: ${error} ${code}: `), tried.err);
      assert.ok(tried.err.includes(hint), tried.err);
      assert.ok(!tried.err.includes("secret") || code === "usage", tried.err);
    }
  });
}

test("75 the gateway does not start over a store that others can read", async (t) => {
  const folder = await makeFolder(t);
  await createKey(join(folder, "data"));
  await chmod(join(folder, "data", "gateway.db"), 0o644);
  const upstream = ["--upstream", "http://192.0.2.9:11434"];
  const { code, err } = await tryCommand(["gateway", "--data", join(folder, "data"), ...upstream]);
  assert.equal(code, 2);
  assert.match(err, /store-unsafe-permissions/);
});

test("a certificate of its own is made once and kept", async (t) => {
  const folder = await makeFolder(t);
  const { takeSelfSigned } = await import("../gateway/serve/self-signed.ts");
  const names = { needed: ["localhost", "127.0.0.1"], more: ["192.0.2.5"] };
  const { certFile, keyFile } = await takeSelfSigned(folder, names);
  const made = await readFile(certFile);
  await takeSelfSigned(folder, names);
  assert.deepEqual(await readFile(certFile), made);
  const text = execFileSync("openssl", ["x509", "-in", certFile, "-noout", "-text"]).toString();
  assert.match(text, /DNS:localhost, IP Address:127\.0\.0\.1, IP Address:192\.0\.2\.5/);
  assert.equal(execFileSync("stat", ["-c", "%a", keyFile]).toString().trim(), "600");
  await takeSelfSigned(folder, { needed: ["other.example"], more: [] });
  assert.notDeepEqual(await readFile(certFile), made);
  await writeFile(certFile, "spoilt");
  await takeSelfSigned(folder, names);
  assert.match(await readFile(certFile, "utf8"), /BEGIN CERTIFICATE/);
});
