import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { connect } from "node:tls";
import { isFull } from "../../../lab/extent.ts";
import { revokeKey } from "../keys/key-acts.ts";
import { DEFAULT_LIMIT_SETTINGS } from "../limits/limiter.ts";
import type { ListenPlace } from "../serve/gateway-options.ts";
import { type GatewayWish, runGateway } from "../serve/run-gateway.ts";
import { StartRefused } from "../serve/start-refused.ts";
import { parseUpstream } from "../serve/upstream-place.ts";
import { StoreError } from "../store/store-error.ts";
import type { GatewayProcess } from "../testing/gateway-process.ts";
import { toStatuses } from "../testing/raw-request.ts";
import type { Behave } from "../testing/recording-upstream.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  byThemselves,
  expectRefused,
  expectServed,
  toGet,
  toPost,
  until,
  whenIdle,
} from "./attempt.ts";
import type { World } from "./world.ts";

const CHAT = "/api/chat";

/** A stream of which another line is told every tenth of a second, until it is ended. */
function toTicking(): { readonly behave: Behave; end(): void } {
  let end = (): void => {};
  return {
    behave: (response, request) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"response":"a"}\n');
      const timer = setInterval(() => response.write('{"response":"b"}\n'), 100);
      response.once("close", () => clearInterval(timer));
      end = () => {
        clearInterval(timer);
        response.end('{"done":true,"eval_count":1}\n');
      };
    },
    end: () => end(),
  };
}

/** While the store is away: who is known is served, nobody else is, and nobody is told that he is unknown. */
async function expectGrace(world: World, stranger: string): Promise<void> {
  await expectServed(world, { known: toPost(CHAT, [bearer(world.alice)]) });
  await expectRefused(world, [503], { unknown: toPost(CHAT, [`x-api-key: ${stranger}`]) });
  await expectRefused(world, [403], { "beyond its scope": toPost("/api/pull", [bearer(world.alice)]) });
}

async function expectBack(world: World): Promise<void> {
  await until("the store is seen again", async () => {
    const text = await world.send(toPost(CHAT, ["x-api-key: nobody"]));
    return toStatuses(text)[0] === 401;
  });
  const fresh = await world.makeKey();
  await expectServed(world, { "a new key": toPost(CHAT, [bearer(fresh)]) });
}

const storeTroubles: Attempt = async (world) => {
  if (world.place.kind === "folder") await troubleFile(world, world.place.path);
  else await troubleServers(world);
  await expectBack(world);
};

async function troubleFile(world: World, folder: string): Promise<void> {
  const file = join(folder, "gateway.db");
  // A backup, or whoever else writes to it and does not come to an end.
  const backup = new DatabaseSync(file);
  backup.exec("begin immediate");
  try {
    await expectServed(world, { "locked, known": toPost(CHAT, [bearer(world.alice)]) });
    await expectRefused(world, [401, 503], { "locked, unknown": toPost(CHAT, ["x-api-key: nobody"]) });
    const before = await world.open.store.readPosition();
    assert.match((await world.run("keys", "create", "while-locked")).said, /store-locked/);
    assert.deepEqual(await world.open.store.readPosition(), before);
  } finally {
    backup.exec("rollback");
    backup.close();
  }
  await expectBack(world);
  renameSync(file, `${file}.away`);
  try {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expectGrace(world, "plk_00000000_x");
  } finally {
    renameSync(`${file}.away`, file);
  }
  await expectBack(world);
}

async function troubleServers(world: World): Promise<void> {
  if (world.servers === null || world.place.kind === "folder") throw new Error("there are no servers");
  const { postgres, redis } = world.servers;
  const { url } = world.place;
  await postgres.kill();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await expectGrace(world, "plk_00000000_x");
  await postgres.start();
  await expectBack(world);
  postgres.freeze();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await expectGrace(world, "plk_00000000_x");
  postgres.thaw();
  await expectBack(world);
  await postgres.ask(url, "alter system set default_transaction_read_only = on");
  await postgres.ask(url, "select pg_reload_conf()");
  await until("it is read-only", async () =>
    (await world.run("keys", "create", "read-only")).said.includes("store-read-only"),
  );
  await expectServed(world, { "read-only, known": toPost(CHAT, [bearer(world.alice)]) });
  await expectRefused(world, [401], { "read-only, unknown": toPost(CHAT, ["x-api-key: nobody"]) });
  await postgres.ask(url, "alter system reset default_transaction_read_only");
  await postgres.ask(url, "select pg_reload_conf()");
  redis.freeze();
  await expectServed(world, { "limits frozen": toPost(CHAT, [bearer(world.alice)]) });
  redis.thaw();
  await redis.kill();
  await expectServed(world, { "limits gone": toPost(CHAT, [bearer(world.alice)]) });
  await redis.start();
  await expectServed(world, { "limits back and empty": toPost(CHAT, [bearer(world.alice)]) });
}

const reloading: Attempt = async (world, test) => {
  const ticking = toTicking();
  world.upstream.behave = ticking.behave;
  const client = await world.connect();
  client.write(toPost(CHAT, [bearer(world.alice)]));
  await client.until('"response":"a"');
  const key = await world.makeKey();
  const rotated = `${world.accessLog}.1`;
  renameSync(world.accessLog, rotated);
  world.gateway.signal("SIGHUP");
  await until("there is a new log", () => statSync(world.accessLog, { throwIfNoEntry: false }) !== undefined);
  await revokeKey(world.open, key.key.id, false, { at: Date.now(), by: "tests" });
  await expectRefused(world, [401], { unknown: toPost(CHAT, ["x-api-key: nobody"]) });
  await expectRefused(world, [401], { revoked: toPost(CHAT, [bearer(key)]) });
  await until("the new log is written to", () => readFileSync(world.accessLog, "utf8").includes('"status":401'));
  ticking.end();
  assert.ok((await client.end()).endsWith("0\r\n\r\n"), "the reload has cut a stream");
  const pair = makePair(world, "reload");
  const secured = await world.start(test, ["--tls-cert", pair.cert, "--tls-key", pair.key]);
  assert.equal(await readName(secured), "reload");
  const next = makePair(world, "next");
  copyFileSync(next.key, pair.key);
  copyFileSync(next.cert, pair.cert);
  secured.signal("SIGHUP");
  await until("the new certificate is shown", async () => (await readName(secured)) === "next");
};

interface Pair {
  readonly cert: string;
  readonly key: string;
}

function makePair(world: World, name: string): Pair {
  const folder = mkdtempSync(join(world.folder, "pair-"));
  const [cert, key] = [join(folder, "crt"), join(folder, "key")];
  const how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...how, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { cert, key };
}

/** What a client of TLS gets to read, and the name the certificate says. */
async function askSecurely(port: number, bytes: string, own: { cert?: Buffer; key?: Buffer } = {}) {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...own });
  let text = "";
  let name = "";
  socket.on("secureConnect", () => {
    name = String(socket.getPeerCertificate().subject.CN);
  });
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return { text, name };
}

async function readName({ port }: GatewayProcess): Promise<string> {
  return (await askSecurely(port, toGet("/healthz"))).name;
}

/** In the full form ten minutes, which the drain that a gateway has by itself outlasts. */
const DRAIN_MS = isFull ? 600_000 : 1500;

const draining: Attempt = async (world, test) => {
  const ending = await world.start(test, isFull ? [] : ["--drain", "60s"]);
  const ticking = toTicking();
  world.upstream.behave = ticking.behave;
  const client = await world.connect(ending.port);
  client.write(toPost(CHAT, [bearer(world.alice)]));
  await client.until('"response":"a"');
  ending.signal("SIGTERM");
  await until("it ends", () => ending.said.includes("Ending"));
  await expectRefused(world, [503], { "a new one": toPost(CHAT, [bearer(world.alice)]) }, ending.port);
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
  assert.equal(client.socket.closed, false, "the stream was cut");
  ticking.end();
  const text = await client.end();
  assert.ok(text.endsWith("0\r\n\r\n"), `the stream did not come to its end: ${text.slice(-200)}`);
  // A second signal would end it at once.
  await until("it has ended", () => ending.hasEnded);
  assert.equal(await ending.end(), 0);
};

const LISTEN: ListenPlace = { host: "127.0.0.1", port: 0 };

/** Why a gateway over this store does not start as it is wanted; fails where it does. */
async function whyNot(world: World, wish: Partial<GatewayWish>): Promise<string> {
  const upstream = parseUpstream(world.upstream.url) ?? assert.fail(world.upstream.url);
  const whole: GatewayWish = {
    listen: LISTEN,
    upstream,
    data: world.place,
    tls: { kind: "none" },
    clientCaFile: null,
    origins: [],
    limits: DEFAULT_LIMIT_SETTINGS,
    redisUrl: world.servers?.redis.url ?? null,
    metrics: null,
    logFile: null,
    accessLog: () => {},
    opening: Promise.resolve(),
    evenSo: false,
    by: "tests",
    onTrouble: () => {},
    ...wish,
  };
  try {
    const running = await runGateway(whole);
    await running.close();
  } catch (error) {
    if (error instanceof StartRefused) return error.trouble.code;
    return error instanceof StoreError ? error.code : assert.fail(String(error));
  }
  return "started";
}

const unsafeStarts: Attempt = async (world) => {
  const wide = { host: "0.0.0.0", port: 0 };
  assert.equal(await whyNot(world, {}), "started");
  assert.equal(await whyNot(world, { listen: wide }), "beyond-loopback-without-tls");
  assert.equal(await whyNot(world, { metrics: wide }), "metrics-beyond-loopback");
  assert.equal(await whyNot(world, { logFile: "/nowhere/access.log" }), "log-unwritable");
  const { cert, key } = makePair(world, "wide");
  chmodSync(key, 0o644);
  const tls = { kind: "files", certFile: cert, keyFile: key } as const;
  assert.equal(await whyNot(world, { listen: wide, tls }), "tls-key-readable");
  const folder = world.place.kind === "folder" ? world.place.path : world.folder;
  for (const name of world.place.kind === "folder" ? ["pepper", "gateway.db", "."] : ["pepper", "."]) {
    const path = join(folder, name);
    const { mode } = statSync(path);
    for (const more of [0o004, 0o020, 0o002]) {
      chmodSync(path, mode | more);
      assert.equal(await whyNot(world, { evenSo: true }), "unsafe-permissions", `${name} ${more.toString(8)}`);
    }
    chmodSync(path, mode);
  }
  // There is no secret to begin with: one that was put there by hand fits no store.
  const pepper = join(folder, "pepper");
  const own = readFileSync(pepper);
  for (const text of ["", "changeme\n", `${"0".repeat(64)}\n`]) {
    writeFileSync(pepper, text);
    assert.match(await whyNot(world, { evenSo: true }), /damaged|pepper/, text);
  }
  writeFileSync(pepper, own);
  const whole = makePair(world, "own");
  const good = { kind: "files", certFile: whole.cert, keyFile: whole.key } as const;
  const nobody = { listen: wide, tls: good, data: await world.makePlace() };
  assert.equal(await whyNot(world, nobody), "beyond-loopback-without-keys");
};

const clientAuthorities: Attempt = async (world, test) => {
  const [authority, server, stranger] = ["authority", "server", "stranger"].map((name) => makePair(world, name));
  assert.ok(authority && server && stranger);
  const wrong = join(world.folder, "no-authority");
  writeFileSync(wrong, "hello");
  const files = { kind: "files", certFile: server.cert, keyFile: server.key } as const;
  assert.equal(await whyNot(world, { tls: files, clientCaFile: join(world.folder, "nowhere") }), "file-unreadable");
  assert.equal(await whyNot(world, { tls: files, clientCaFile: wrong }), "client-ca-broken");
  assert.equal(await whyNot(world, { tls: files, clientCaFile: server.key }), "client-ca-broken");
  assert.equal(await whyNot(world, { clientCaFile: authority.cert }), "tls-incomplete");
  const tls = ["--tls-cert", server.cert, "--tls-key", server.key];
  const { port } = await world.start(test, [...tls, "--client-ca", authority.cert]);
  const before = world.upstream.reached.length;
  const read = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });
  const bytes = toPost(CHAT, [bearer(world.alice)]);
  assert.equal((await askSecurely(port, bytes, read(stranger))).text, "");
  assert.equal((await askSecurely(port, bytes)).text, "");
  assert.equal(world.upstream.reached.length, before);
  assert.match((await askSecurely(port, bytes, read(authority))).text, /^HTTP\/1\.1 200 /);
  assert.match((await askSecurely(port, toPost(CHAT, []), read(authority))).text, /^HTTP\/1\.1 401 /);
};

const itself: Attempt = async (world) => {
  const port = world.gateway.port - 1;
  for (const [host, url] of [
    ["127.0.0.1", `http://127.0.0.1:${port}`],
    ["127.0.0.1", `http://localhost:${port}`],
    ["127.0.0.1", `http://0.0.0.0:${port}`],
    ["localhost", `http://127.0.0.1:${port}`],
    ["::", `http://[::1]:${port}`],
    ["0.0.0.0", `http://127.0.0.2:${port}`],
    ["0.0.0.0", `http://${hostname()}:${port}`],
  ] as const) {
    const upstream = parseUpstream(url) ?? assert.fail(url);
    assert.equal(await whyNot(world, { listen: { host, port }, upstream, evenSo: true }), "upstream-is-gateway", url);
  }
};

/** There is no dashboard and there are no sessions: nothing to forge a request to, to frame, to fix or to log in to. */
const noDashboard: Attempt = async (world) => {
  const paths = [
    "/login",
    "/logout",
    "/dashboard",
    "/admin",
    "/ui/",
    "/index.html",
    "/session",
    "/oauth2/start",
    "/sso",
  ];
  const cookie = `cookie: session=${world.owner.text}; token=${world.owner.text}`;
  const answers = await expectRefused(
    world,
    [401],
    byThemselves(
      paths.flatMap((path) => [path, `${path}?next=//evil.example`]),
      (path) => toGet(path, [cookie]),
    ),
  );
  await expectRefused(
    world,
    [403],
    byThemselves(paths, (path) => toGet(path, [bearer(world.owner)])),
  );
  for (const text of answers) {
    assert.doesNotMatch(text, /set-cookie|text\/html|location/i);
    assert.match(text, /^cache-control: no-store\r$/m);
  }
  // A name that was bound to this address anew, and a form of another page, bring no credential along.
  await expectRefused(world, [401], {
    rebound: toPost(CHAT, [cookie]).replace("host: 127.0.0.1", "host: evil.example"),
    "a form": toPost(CHAT, [cookie, "content-type: application/x-www-form-urlencoded"], "model=qwen3"),
  });
  await expectRefused(world, [403], {
    "a page": toPost(CHAT, [bearer(world.alice), "origin: http://evil.example"]),
    "a page without an origin": toPost(CHAT, [bearer(world.alice), "origin: null"]),
  });
  await expectRefused(
    world,
    // More than may be compared at a time are not compared.
    [401, 503],
    byThemselves(
      Array.from({ length: 50 }, (_, number) => `authorization: Basic ${btoa(`admin:password-${number}`)}`),
      (header) => toPost("/login", [header]),
    ),
  );
  await whenIdle(world);
};

export const OPERATION_ATTACKS: Attempts<"k"> = {
  72: storeTroubles,
  73: reloading,
  74: draining,
  75: unsafeStarts,
  76: clientAuthorities,
  77: itself,
  78: noDashboard,
};
