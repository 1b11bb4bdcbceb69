/**
 * Programs that people use work unchanged with the gateway as it runs: a process of its own, with its store, in front of
 * the stand-in. The policy alone is held to their libraries in src/gateway/policy/clients.test.ts.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Anthropic } from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import { OpenAI } from "openai";
import { buildTinyModel } from "../lab/real-ollama/tiny-model.ts";
import { startStandIn, type StandIn } from "../src/demo/stand-in/start.ts";
import { makeConfiguration } from "../src/proxy/configuration.ts";
import { readInstalledVersion, startProxy } from "./proxy-programs.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const MODEL = "llama3.2:3b";
const MESSAGES = [{ role: "user" as const, content: "hello there" }];

const folder = mkdtempSync(join(tmpdir(), "portlock-clients-"));
const data = join(folder, "data");
let standIn: StandIn;
let gateway: ChildProcess;
let port = 0;
let url = "";
/** For inference and reading, and for everything. */
let alice = "";
let owner = "";

async function portlock(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [MAIN, ...args])).stdout;
}

async function makeKey(name: string, ...flags: readonly string[]): Promise<string> {
  const made: { readonly key: string } = JSON.parse(
    await portlock("keys", "create", name, "--data", data, "--json", ...flags),
  );
  return made.key;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

before(async () => {
  standIn = await startStandIn({ host: "127.0.0.1:0", models: [MODEL, "nomic-embed-text:latest"] });
  alice = await makeKey("alice", "--scope", "inference,read");
  owner = await makeKey("owner", "--scope", "inference,read,manage");
  port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  const upstream = `http://127.0.0.1:${standIn.port}`;
  const flags = ["--data", data, "--listen", `127.0.0.1:${port}`, "--upstream", upstream, "--even-so"];
  gateway = spawn(process.execPath, [MAIN, "gateway", ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  while (!(await isUp())) {
    assert.equal(gateway.exitCode, null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

async function isUp(): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

after(async () => {
  const ended = once(gateway, "exit");
  gateway.kill("SIGTERM");
  assert.deepEqual((await ended)[0], 0);
  await standIn.close();
  rmSync(folder, { recursive: true, force: true });
});

/** No credential of a client ever comes to the model server. */
function assertNothingLeaked(): void {
  const seen = JSON.stringify(standIn.requests);
  for (const key of [alice, owner]) assert.ok(!seen.includes(key));
}

test("Ollama's own library: chats, streams, embeds, lists, manages with the key that may", async () => {
  const ollama = new Ollama({ host: url, headers: { Authorization: `Bearer ${alice}` } });
  const whole = await ollama.chat({ model: MODEL, messages: MESSAGES });
  assert.notEqual(whole.message.content, "");
  let pieces = 0;
  for await (const piece of await ollama.chat({ model: MODEL, messages: MESSAGES, stream: true })) {
    pieces += 1;
    assert.equal(piece.model, MODEL);
  }
  assert.ok(pieces > 2, String(pieces));
  assert.equal((await ollama.embed({ model: "nomic-embed-text", input: "hi" })).embeddings.length, 1);
  assert.equal((await ollama.list()).models.length, 2);
  await assert.rejects(ollama.delete({ model: MODEL }), { status_code: 403 });
  await assert.rejects(ollama.pull({ model: "qwen3" }), { status_code: 403 });
  const managing = new Ollama({ host: url, headers: { Authorization: `Bearer ${owner}` } });
  await managing.copy({ source: MODEL, destination: "mine" });
  await managing.delete({ model: "mine" });
  await assert.rejects(new Ollama({ host: url }).list(), { status_code: 401 });
  assertNothingLeaked();
});

test("OpenAI's library: completes, streams, embeds, lists", async () => {
  const openai = new OpenAI({ apiKey: alice, baseURL: `${url}/v1`, maxRetries: 0 });
  const whole = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES });
  assert.notEqual(whole.choices[0]?.message.content, "");
  let pieces = 0;
  const stream = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
  for await (const piece of stream) pieces += piece.choices.length;
  assert.ok(pieces > 2, String(pieces));
  assert.equal((await openai.embeddings.create({ model: "nomic-embed-text", input: "hi" })).data.length, 1);
  assert.equal((await openai.models.list()).data.length, 2);
  const nobody = new OpenAI({ apiKey: "pl_wrong", baseURL: `${url}/v1`, maxRetries: 0 });
  await assert.rejects(nobody.models.list(), OpenAI.AuthenticationError);
  assertNothingLeaked();
});

test("Anthropic's library: with x-api-key and with a token, whole and as a stream", async () => {
  for (const credential of [{ apiKey: alice }, { authToken: alice, apiKey: null }]) {
    const anthropic = new Anthropic({ ...credential, baseURL: url, maxRetries: 0 });
    const message = { model: MODEL, max_tokens: 16, messages: MESSAGES };
    const whole = await anthropic.messages.create(message);
    assert.equal(whole.role, "assistant");
    const kinds = new Set<string>();
    for await (const event of await anthropic.messages.create({ ...message, stream: true })) kinds.add(event.type);
    assert.ok(kinds.has("content_block_delta") && kinds.has("message_stop"), [...kinds].join(" "));
  }
  const nobody = new Anthropic({ apiKey: "pl_wrong", baseURL: url, maxRetries: 0 });
  await assert.rejects(nobody.models.list(), Anthropic.AuthenticationError);
  assertNothingLeaked();
});

async function curl(...words: readonly string[]): Promise<{ readonly status: string; readonly body: string }> {
  const written = ["--write-out", "\n%{http_code}", "--silent", "--max-time", "10"];
  const { stdout } = await promisify(execFile)("curl", [...written, ...words]);
  const end = stdout.lastIndexOf("\n");
  return { body: stdout.slice(0, end), status: stdout.slice(end + 1) };
}

test("curl: either header, a password, a long body that waits to be asked for", async () => {
  const chat = ["--data", JSON.stringify({ model: MODEL, messages: MESSAGES }), `${url}/api/chat`];
  assert.equal((await curl(...chat)).status, "401");
  for (const shown of [
    ["--header", `Authorization: Bearer ${alice}`],
    ["--header", `x-api-key: ${alice}`],
    ["--user", `alice:${alice}`],
  ]) {
    const { status, body } = await curl(...shown, ...chat);
    assert.equal(status, "200", body);
    assert.ok(body.trim().split("\n").length > 2);
  }
  // It waits to be asked for a body of that length.
  const prompt = "x".repeat(200_000);
  const long = ["--header", `Authorization: Bearer ${alice}`, "--header", "Expect: 100-continue"];
  const file = join(folder, "long.json");
  writeFileSync(file, JSON.stringify({ model: MODEL, prompt }));
  const sent = ["--data-binary", `@${file}`, `${url}/api/generate`];
  assert.equal((await curl(...long, ...sent)).status, "200");
});

const nginx = readInstalledVersion("nginx");
if (nginx !== null) {
  test("nginx as `portlock proxy nginx --auth portlock` makes it lets in the same keys to the same routes", async () => {
    const listen = { address: "127.0.0.1", port: await findFreePort() };
    const made = makeConfiguration(
      "nginx",
      {
        id: "ollama_11434",
        listen,
        name: null,
        upstream: { kind: "tcp", address: "127.0.0.1", port: standIn.port },
        auth: { kind: "portlock", gateway: { address: "127.0.0.1", port } },
        scopes: ["inference", "read", "manage"],
        tls: { kind: "none" },
        origins: [],
        requestsPerMinute: null,
      },
      nginx,
    );
    assert.ok(made.kind === "text");
    const own = join(folder, "nginx");
    mkdirSync(own);
    const running = await startProxy("nginx", made.text, own, listen.port);
    try {
      const at = `http://127.0.0.1:${listen.port}`;
      const ask = async (key: string | null, ...words: readonly string[]): Promise<string> =>
        (await curl(...(key === null ? [] : ["--header", `Authorization: Bearer ${key}`]), ...words)).status;
      assert.equal(await ask(null, `${at}/api/tags`), "401");
      assert.equal(await ask("pl_wrong", `${at}/api/tags`), "401");
      assert.equal(await ask(alice, `${at}/api/tags`), "200");
      assert.equal(
        await ask(alice, "--data", JSON.stringify({ model: MODEL, messages: MESSAGES }), `${at}/api/chat`),
        "200",
      );
      const gone = ["--request", "DELETE", "--data", '{"model":"none"}', `${at}/api/delete`];
      assert.equal(await ask(alice, ...gone), "403");
      assert.equal(await ask(owner, ...gone), "404");
      const ollama = new Ollama({ host: at, headers: { Authorization: `Bearer ${alice}` } });
      let pieces = 0;
      for await (const { model } of await ollama.chat({ model: MODEL, messages: MESSAGES, stream: true })) {
        assert.equal(model, MODEL);
        pieces += 1;
      }
      assert.ok(pieces > 2, String(pieces));
    } finally {
      await running.end();
    }
    assertNothingLeaked();
  });
}

/** The `ollama` command of somebody whose own key the gateway knows, with these scopes. */
async function makeOllamaCommand(name: string, scope: string): Promise<(...args: string[]) => Promise<string>> {
  const home = join(folder, name);
  mkdirSync(join(home, ".ollama"), { recursive: true });
  const pair = join(home, ".ollama/id_ed25519");
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", pair]);
  const publicKey = readFileSync(`${pair}.pub`, "utf8");
  await portlock("keys", "create", name, "--data", data, "--scope", scope, "--ollama-key", publicKey);
  const env = { ...process.env, HOME: home, OLLAMA_HOST: url, OLLAMA_AUTH: "1" };
  return async (...args) => {
    const running = promisify(execFile)("ollama", args, { env });
    // It takes what comes on a standard input that is no terminal for a part of the prompt, and waits for its end.
    running.child.stdin?.end();
    return (await running).stdout;
  };
}

/** The real program, where there is one: not the stand-in, which calls itself so too. */
const isOllamaHere = spawnSync("ollama", ["--version"], { stdio: "ignore" }).status === 0;
if (isOllamaHere) {
  test("the ollama command signs its requests with its own key", async () => {
    const ollama = await makeOllamaCommand("laptop", "inference,read");
    assert.match(await ollama("list"), /llama3\.2:3b/);
    assert.notEqual((await ollama("run", MODEL, "hello")).trim(), "");
    await assert.rejects(ollama("rm", MODEL), /This key may not use this route/);
    await assert.rejects(ollama("pull", MODEL), /This key may not use this route/);
  });

  test("the ollama command of a manager sends a model's file through", async () => {
    const ollama = await makeOllamaCommand("desk", "inference,read,manage");
    const file = join(folder, "tiny.gguf");
    writeFileSync(file, buildTinyModel());
    writeFileSync(join(folder, "Modelfile"), `FROM ${file}\n`);
    await ollama("create", "made", "-f", join(folder, "Modelfile"));
    assert.match(await ollama("list"), /^made:latest/m);
    await ollama("cp", "made", "copied");
    await ollama("rm", "made");
    assert.doesNotMatch(await ollama("list"), /^made:latest/m);
  });
}
