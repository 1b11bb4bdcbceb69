import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { openRaw, rawRequest, toRequest, toStatuses } from "../testing/raw-request.ts";
import { startUpstream, type Behave } from "../testing/recording-upstream.ts";
import { SECRET, startGateway } from "../testing/start-gateway.ts";
import { StartRefused, type StartTrouble } from "./start-refused.ts";

const AUTH = `authorization: Bearer ${SECRET}`;
const BODY = '{"model":"qwen3"}';

function toChat(headers: readonly string[] = []): string {
  return toRequest("POST /api/chat", [AUTH, `content-length: ${BODY.length}`, ...headers], BODY);
}

/** A stream that ends when it is told to. */
function toStream(): { readonly behave: Behave; end(): void } {
  let end = (): void => {};
  return {
    behave: (response, request) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"response":"a"}\n');
      end = () => void response.end('{"done":true,"eval_count":1}\n');
    },
    end: () => end(),
  };
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "portlock-tls-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: null;
}

/** Makes a pair that signs itself, for `name`. */
function makePair(folder: string, name: string): Pair {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const made = ["-keyout", keyFile, "-out", certFile, "-days", "2", "-subj", `/CN=${name}`];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", ...made],
    {
      stdio: "ignore",
    },
  );
  return { certFile, keyFile, clientCaFile: null };
}

async function openTls(port: number, more: { cert?: Buffer; key?: Buffer } = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...more });
  await once(socket, "secureConnect");
  return socket;
}

async function readName(port: number): Promise<string> {
  const socket = await openTls(port);
  const certificate: PeerCertificate = socket.getPeerCertificate();
  socket.destroy();
  return String(certificate.subject.CN);
}

test("74 what is under way ends in its own time, and nothing new begins", async (t) => {
  const stream = toStream();
  const upstream = await startUpstream(t, stream.behave);
  const { port, gateway, ended } = await startGateway(t, { upstream: upstream.url });
  const kept = await openRaw(port);
  kept.write(toRequest("GET /healthz"));
  await kept.until('"ok"');
  const client = await openRaw(port);
  client.write(toChat());
  await client.until('"response":"a"');
  const drained = gateway.drain(60_000);
  await kept.end();
  assert.deepEqual(toStatuses(await rawRequest(port, toRequest("GET /healthz"))), [503]);
  const refused = await rawRequest(port, toChat());
  assert.deepEqual(toStatuses(refused), [503]);
  assert.match(refused, /^retry-after: \d+\r$/m);
  assert.equal(client.socket.closed, false);
  stream.end();
  const text = await client.end();
  assert.ok(text.endsWith('{"done":true,"eval_count":1}\n\r\n0\r\n\r\n'), text);
  await drained;
  assert.equal((await ended(4)).at(-1)?.ending, "whole");
  await assert.rejects(openRaw(port));
});

test("74 what takes longer than it may is cut off", async (t) => {
  const upstream = await startUpstream(t, toStream().behave);
  const { port, gateway } = await startGateway(t, { upstream: upstream.url });
  const client = await openRaw(port);
  client.write(toChat());
  await client.until('"response":"a"');
  await gateway.drain(50);
  await upstream.reached[0]?.cut;
  assert.ok(!(await client.end()).endsWith("0\r\n\r\n"));
});

test("73 a new certificate is used for new connections and cuts no stream", async (t) => {
  const folder = await makeFolder(t);
  const stream = toStream();
  const upstream = await startUpstream(t, stream.behave);
  const first = makePair(folder, "first");
  const second = makePair(folder, "second");
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, certificate: first });
  const client = await openTls(port);
  let text = "";
  client.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  client.write(toChat());
  while (!text.includes('"response":"a"')) await once(client, "data");
  await copyFile(second.keyFile, first.keyFile);
  await copyFile(second.certFile, first.certFile);
  await gateway.reloadCertificate();
  assert.equal(await readName(port), "second");
  stream.end();
  while (!text.includes('"done":true')) await once(client, "data");
  client.destroy();
});

test("73 a broken certificate is told, and the old one stays in use", async (t) => {
  const folder = await makeFolder(t);
  const upstream = await startUpstream(t);
  const first = makePair(folder, "first");
  const { port, gateway, troubles } = await startGateway(t, { upstream: upstream.url, certificate: first });
  await copyFile(makePair(folder, "second").certFile, first.certFile);
  await gateway.reloadCertificate();
  assert.equal(await readName(port), "first");
  assert.equal(toCode(troubles[0]), "tls-pair-broken");
  await gateway.reloadCertificate();
  assert.equal(troubles.length, 1);
});

test("76 only clients with a certificate of the authority get in", async (t) => {
  const folder = await makeFolder(t);
  const upstream = await startUpstream(t);
  const authority = makePair(folder, "authority");
  const server = { ...makePair(folder, "server"), clientCaFile: authority.certFile };
  const { port } = await startGateway(t, { upstream: upstream.url, certificate: server });
  const known = { cert: await readFile(authority.certFile), key: await readFile(authority.keyFile) };
  const stranger = makePair(folder, "stranger");
  const unknown = { cert: await readFile(stranger.certFile), key: await readFile(stranger.keyFile) };
  assert.match(await askTls(port, known), /^HTTP\/1\.1 200 /);
  assert.equal(await askTls(port, unknown), "");
  assert.equal(await askTls(port, {}), "");
  assert.equal(upstream.reached.length, 1);
});

async function askTls(port: number, own: { cert?: Buffer; key?: Buffer }): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...own });
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on("error", () => {});
  socket.write(toChat(["connection: close"]));
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

const BAD_FILES: readonly (readonly [
  what: string,
  code: string,
  spoil: (pair: Pair, folder: string) => Promise<object>,
])[] = [
  [
    "76 an authority that is not there",
    "file-unreadable",
    async (_, folder) => ({ clientCaFile: join(folder, "none") }),
  ],
  [
    "76 an authority that is no certificate",
    "client-ca-broken",
    async (_, folder) => {
      await writeFile(join(folder, "ca"), "hello");
      return { clientCaFile: join(folder, "ca") };
    },
  ],
  ["76 a key file as authority", "client-ca-broken", async ({ keyFile }) => ({ clientCaFile: keyFile })],
  [
    "a key of another certificate",
    "tls-pair-broken",
    async (_, folder) => ({ keyFile: makePair(folder, "b").keyFile }),
  ],
  [
    "75 a private key that everybody can read",
    "tls-key-readable",
    async ({ keyFile }) => {
      await chmod(keyFile, 0o644);
      return {};
    },
  ],
];

for (const [what, code, spoil] of BAD_FILES) {
  test(`${what} keeps the gateway from starting`, async (t) => {
    const folder = await makeFolder(t);
    const pair = makePair(folder, "a");
    const certificate = { ...pair, ...(await spoil(pair, folder)) };
    await assert.rejects(
      startGateway(t, { upstream: "http://127.0.0.1:1", certificate }),
      (error) => toCode(error) === code,
    );
  });
}

test("an address that is taken keeps the gateway from starting", async (t) => {
  const { port } = await startGateway(t, { upstream: "http://127.0.0.1:1" });
  const listen = { host: "127.0.0.1", port };
  await assert.rejects(
    startGateway(t, { upstream: "http://127.0.0.1:1", listen }),
    (error) => toCode(error) === "address-in-use",
  );
});

test("nothing is served before the gateway is opened", async (t) => {
  const upstream = await startUpstream(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  const { port } = await startGateway(t, { upstream: upstream.url, opening: promise });
  const ask = async (): Promise<readonly number[]> => toStatuses(await rawRequest(port, toChat(["connection: close"])));
  assert.deepEqual(await ask(), [503]);
  resolve();
  await promise;
  assert.deepEqual(await ask(), [200]);
});

test("a Unix socket is asked as localhost", async (t) => {
  const folder = await makeFolder(t);
  const upstream = await startUpstream(t, undefined, join(folder, "ollama.sock"));
  const { port } = await startGateway(t, { upstream: upstream.url });
  assert.deepEqual(toStatuses(await rawRequest(port, toChat(["connection: close"]))), [200]);
  assert.equal(upstream.reached[0]?.rawHeaders[1], "localhost");
});

function toCode(error: unknown): StartTrouble["code"] | null {
  return error instanceof StartRefused ? error.trouble.code : null;
}
