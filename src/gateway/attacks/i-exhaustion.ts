import assert from "node:assert/strict";
import { hashSync } from "bcryptjs";
import { createPasswordKey } from "../keys/key-acts.ts";
import { aWish } from "../testing/a-wish.ts";
import { openRaw, type RawConnection, toRequest, toStatuses } from "../testing/raw-request.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  beginStream,
  expectServed,
  lengthOf,
  readMetrics,
  toBody,
  toGet,
  toPost,
  until,
  whenIdle,
} from "./attempt.ts";
import { startInside } from "./inside.ts";
import { PROMPT } from "./world.ts";

const slow: Attempt = async (world, test) => {
  const patience = { headMs: 300, silenceMs: 600 };
  const inside = await startInside(world, test, { patience });
  const before = world.upstream.reached.length;
  const head = await world.connect(inside.port);
  head.write("POST /api/chat HTTP/1.1\r\nhost: x\r\nx-slow: ");
  const body = await world.connect(inside.port);
  body.write(toRequest("POST /api/chat", [bearer(world.alice), "content-length: 100"], '{"model":'));
  assert.deepEqual(toStatuses(await head.end()), [408]);
  assert.deepEqual(toStatuses(await body.end()), [408]);
  assert.equal(world.upstream.reached.length, before);
  const piece = Buffer.alloc(64 * 1024, "x");
  let written = 0;
  world.upstream.behave = (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const pour = (): void => {
      while (!response.destroyed && response.write(piece)) written += piece.length;
      response.once("drain", pour);
    };
    pour();
  };
  const reader = await world.connect(inside.port);
  reader.write(toPost("/api/chat", [bearer(world.alice)]));
  await reader.until("200 OK");
  reader.socket.pause();
  const reached = world.upstream.reached.at(-1);
  await reached?.cut;
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the model server for nobody`);
  reader.destroy();
  await until("the turn is given back", () => inside.limiter.state.serving === 0);
};

/** 10,000 of them against a process of its own: faults/idle-connections.test.ts. */
const idle: Attempt = async (world, test) => {
  const inside = await startInside(world, test, { caps: { total: 50, perAddress: 20 } });
  world.upstream.behave = beginStream;
  const stream = await world.connect(inside.port);
  stream.write(toPost("/api/chat", [bearer(world.alice)]));
  await stream.until('"response":"a"');
  const connections: RawConnection[] = [];
  for (let opened = 0; opened < 200; opened += 1) connections.push(await openRaw(inside.port));
  const client = await world.connect(inside.port);
  client.write(toGet("/healthz"));
  assert.deepEqual(toStatuses(await client.end()), [200]);
  assert.ok(inside.gateway.state.connections <= 50, String(inside.gateway.state.connections));
  assert.equal(stream.socket.closed, false, "a stream was given up for idle connections");
  for (const each of [...connections, stream]) each.destroy();
};

const FLOOD = 320;

const wrongKeys: Attempt = async (world, test) => {
  const before = world.upstream.reached.length;
  const statuses = new Map<number, number>();
  const connections = Array.from({ length: 40 }, async (_, number) => {
    const client = await openRaw(world.gateway.port);
    for (let sent = 0; sent < FLOOD / 40; sent += 4) {
      const requests = Array.from({ length: 4 }, (_, index) =>
        toRequest("POST /api/chat", [`authorization: Bearer plk_${number}_${sent + index}`, lengthOf("{}")], "{}"),
      );
      const [length, got] = [toStatuses(client.text).length, 4];
      client.write(requests.join(""));
      await until("the flood is answered", () => toStatuses(client.text).length === length + got);
    }
    for (const status of toStatuses(client.text)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    client.destroy();
  });
  const state = { isOver: false };
  const flood = Promise.all(connections).then(() => {
    state.isOver = true;
  });
  let served = 0;
  while (!state.isOver) {
    await expectServed(world, { owner: toPost("/api/chat", [bearer(world.alice)]) });
    served += 1;
  }
  await flood;
  assert.deepEqual([...statuses.keys()], [401]);
  assert.ok(served >= 1);
  assert.equal(world.upstream.reached.length, before + served);
  test.diagnostic(`${statuses.get(401)} wrong keys refused, the owner served ${served} times meanwhile`);
};

const wrongPasswords: Attempt = async (world, test) => {
  const password = "the-owners-own-password";
  world.secrets.add(password);
  const name = `bob-${world.name.toLowerCase()}`;
  await createPasswordKey(world.open, aWish(name), hashSync(password, 10), { at: Date.now(), by: "tests" });
  const basic = (text: string): string => `authorization: Basic ${Buffer.from(`${name}:${text}`).toString("base64")}`;
  await expectServed(world, { "the owner": toPost("/api/chat", [basic(password)]) });
  world.upstream.behave = (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    let told = 0;
    const timer = setInterval(() => {
      response.write(`{"response":"${(told += 1)}"}\n`);
      if (told < 30) return;
      clearInterval(timer);
      response.end('{"done":true,"eval_count":30}\n');
    }, 10);
  };
  const before = world.upstream.reached.length;
  const stream = await world.connect();
  stream.write(toPost("/api/chat", [bearer(world.alice)]));
  const guesses = Array.from({ length: 60 }, (_, index) => toPost("/api/chat", [basic(`guess-${index}`)]));
  const flood = Promise.all(guesses.map((bytes) => world.send(bytes)));
  assert.ok((await stream.end()).endsWith("0\r\n\r\n"), "the stream did not come to its end");
  assert.deepEqual(toStatuses(await world.send(toPost("/api/chat", [basic(password)]))), [200]);
  const answers = (await flood).map((text) => toStatuses(text)[0] ?? 0);
  for (const status of answers) assert.ok(status === 401 || status === 503, String(status));
  assert.equal(world.upstream.reached.length, before + 2);
  test.diagnostic(`${answers.filter((status) => status === 503).length} of 60 guesses were not even compared`);
};

const injected: Attempt = async (world) => {
  const names = [
    'x","status":200,"key":"owner',
    "x\u001b[2J",
    "x\r\nx-evil: 1",
    "\u2028{}",
    "x\u202e",
    'x"} 1\nfake{a="b',
  ];
  for (const name of names) {
    const text = await world.send(Buffer.from(toPost("/api/chat", [bearer(world.alice)], toBody(name))));
    assert.deepEqual(toStatuses(text), [400], name);
    assert.doesNotMatch(text, /x-evil|\u001b/);
  }
  world.upstream.behave = (response, request) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"done":true,"eval_count":1}');
    });
  };
  for (let number = 0; number < 120; number += 8) {
    const some = Array.from({ length: 8 }, (_, index) => `model-${number + index}`);
    await Promise.all(
      some.map((model) => world.send(toPost("/api/chat", [bearer(world.alice), "user-agent: x"], toBody(model)))),
    );
  }
  const metrics = await readMetrics(world);
  const models = new Set([...metrics.matchAll(/model="([^"]*)"/g)].map(([, model]) => model));
  assert.ok(models.size <= 52, `${models.size} models in the metrics`);
  assert.ok(models.has("other"));
  assert.doesNotMatch(metrics, /fake|evil|\u001b/);
  assert.ok(!metrics.includes(PROMPT));
  await whenIdle(world);
};

export const EXHAUSTION_ATTACKS: Attempts<"i"> = {
  59: slow,
  60: idle,
  61: wrongKeys,
  62: wrongPasswords,
  63: injected,
};
