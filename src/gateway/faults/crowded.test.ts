import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { isFull } from "../../../lab/extent.ts";
import { bearer, readMetrics, toPost, until, whenIdle } from "../attacks/attempt.ts";
import { buildWorld, type World } from "../attacks/world.ts";
import { toRequest, toStatuses } from "../testing/raw-request.ts";
import type { Behave } from "../testing/recording-upstream.ts";

const IDLE = isFull ? 10_000 : 600;
const SLOW = isFull ? 300 : 40;
const ROUNDS = isFull ? 60 : 5;

/** Opens a connection from one of many addresses of this machine's own; null where it is not taken in. */
async function openFrom(port: number, number: number): Promise<Socket | null> {
  const localAddress = `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  return socket.destroyed ? null : socket;
}

async function openMany(port: number, count: number, first: number): Promise<readonly Socket[]> {
  const sockets: (Socket | null)[] = [];
  for (let opened = 0; opened < count; opened += 100) {
    const some = Array.from({ length: Math.min(100, count - opened) }, (_, at) => openFrom(port, first + opened + at));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets.filter((socket) => socket !== null);
}

/** Pours out what nobody reads, for those who ask for that model; others get one short answer. */
const behave: Behave = (response, request) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
  request.once("end", () => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    if (!body.includes("pour")) {
      response.end('{"done":true,"eval_count":1}\n');
      return;
    }
    const piece = Buffer.alloc(64 * 1024, "x");
    const pour = (): void => {
      while (!response.destroyed && response.write(piece));
      response.once("drain", pour);
    };
    pour();
  });
};

function memoryOf({ gateway }: World): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))?.[1]) / 1024;
}

test(`${IDLE} idle connections, and slow heads, bodies and readers, keep nobody else out`, async (t) => {
  const world = await buildWorld("SQLite");
  t.after(() => world.end());
  world.upstream.behave = behave;
  world.upstream.keepsBodies = false;
  const { port } = world.gateway;
  const before = memoryOf(world);
  const idle = await openMany(port, IDLE, 0);
  t.after(() => idle.forEach((socket) => socket.destroy()));
  assert.equal(idle.length, IDLE);
  // The kernel opens connections before the gateway has taken them.
  const all = new RegExp(`^portlock_connections ${IDLE}$`, "m");
  await until("every connection is taken", async () => all.test(await readMetrics(world)));
  // Where the most that are taken in are there already, the longest idle ones make room.
  const slow = await openMany(port, 3 * SLOW, IDLE);
  t.after(() => slow.forEach((socket) => socket.destroy()));
  const readers = await world.makeKey({ limits: { ...world.alice.key.limits, concurrent: 4 } });
  for (const [number, socket] of slow.entries()) {
    if (number % 3 === 0) socket.write("POST /api/chat HTTP/1.1\r\nhost: x\r\nx-slow: ");
    if (number % 3 === 1) {
      socket.write(toRequest("POST /api/chat", [bearer(world.alice), "content-length: 1000"], '{"model":'));
    }
    if (number % 3 === 2) socket.pause().write(toPost("/api/chat", [bearer(readers)], '{"model":"pour"}'));
  }
  await until("the slow readers have their turns", async () =>
    /^portlock_serving [4-9]/m.test(await readMetrics(world)),
  );
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.send(toPost("/api/chat", [bearer(world.alice)]))),
    );
    for (const text of answers) assert.deepEqual(toStatuses(text), [200]);
    slowest = Math.max(slowest, performance.now() - begun);
    if (isFull) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const after = memoryOf(world);
  t.diagnostic(
    `${Math.round(before)} MB before, ${Math.round(after)} MB with ${IDLE} idle and ${3 * SLOW} slow connections; ` +
      `20 good requests at once took ${Math.round(slowest)} ms at most`,
  );
  for (const socket of [...idle, ...slow]) socket.destroy();
  await whenIdle(world);
  await until("no connection is left", async () => /^portlock_connections 0$/m.test(await readMetrics(world)));
});
