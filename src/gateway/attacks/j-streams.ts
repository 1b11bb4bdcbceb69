import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { toRequest, toStatuses, type RawConnection } from "../testing/raw-request.ts";
import { answerLines, type Behave } from "../testing/recording-upstream.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  beginStream,
  expectRefused,
  expectServed,
  lengthOf,
  toBody,
  toPost,
  until,
  whenIdle,
} from "./attempt.ts";
import { type Inside, startInside } from "./inside.ts";
import type { World, WorldKey } from "./world.ts";

const CHAT = "/api/chat";

/** A stream that has begun. */
async function openStream(world: World, key: WorldKey, port?: number): Promise<RawConnection> {
  const client = await world.connect(port);
  client.write(toPost(CHAT, [bearer(key)]));
  await client.until('"response":"a"');
  return client;
}

/** Sends a request, and resolves when it stands in the queue. */
async function queue(world: World, inside: Inside, key: WorldKey): Promise<RawConnection> {
  const { waiting } = inside.limiter.state;
  const client = await world.connect(inside.port);
  client.write(toPost(CHAT, [bearer(key)]));
  await until("it waits", () => inside.limiter.state.waiting > waiting);
  return client;
}

const leaving: Attempt = async (world, test) => {
  const start = world.upstream.reached.length;
  world.upstream.behave = () => {};
  const silent = await world.connect();
  silent.write(toPost(CHAT, [bearer(world.alice)]));
  const first = await world.upstream.reach(start);
  silent.destroy();
  await first.cut;
  world.upstream.behave = beginStream;
  const streaming = await openStream(world, world.alice);
  streaming.destroy();
  await (
    await world.upstream.reach(start + 1)
  ).cut;
  const uploading = await world.connect();
  uploading.write(
    toRequest(`POST /api/blobs/sha256:${"a".repeat(64)}`, [bearer(world.manager), "content-length: 99999"], "x"),
  );
  const third = await world.upstream.reach(start + 2);
  uploading.destroy();
  await third.cut;
  await assert.rejects(third.body);
  await whenIdle(world);
  const inside = await startInside(world, test, { limits: { turns: 1 } });
  const holder = await openStream(world, world.alice, inside.port);
  const waiting = await queue(world, inside, world.manager);
  waiting.destroy();
  await until("it has left the queue", () => inside.limiter.state.waiting === 0);
  holder.destroy();
  await until("the turn is given back", () => inside.limiter.state.serving === 0);
  assert.equal(world.upstream.reached.length, start + 4, "who left the queue was asked for");
};

const dying: Attempt = async (world) => {
  world.upstream.behave = (response, request, reached) => {
    beginStream(response, request, reached);
    setTimeout(() => response.socket?.destroy(), 20);
  };
  const text = await world.send(toPost(CHAT, [bearer(world.alice)]));
  assert.ok(text.includes('"response":"a"') && !text.endsWith("0\r\n\r\n"), text);
  const old = await world.connect();
  old.write(`POST ${CHAT} HTTP/1.0\r\nhost: x\r\n${bearer(world.alice)}\r\n${lengthOf("{}")}\r\n\r\n{}`);
  assert.deepEqual(toStatuses(await old.end()), [400]);
  const old10 = await world.connect();
  old10.write(`POST ${CHAT} HTTP/1.0\r\nhost: x\r\n${bearer(world.alice)}\r\n${lengthOf(toBody())}\r\n\r\n${toBody()}`);
  await old10.end();
  assert.ok(old10.error !== null && !old10.hasEnded, "a part of an answer ends like a whole one");
  world.upstream.behave = (response) => void response.socket?.destroy();
  assert.deepEqual(toStatuses(await world.send(toPost(CHAT, [bearer(world.alice)]))), [502]);
  await whenIdle(world);
};

const oneMore: Attempt = async (world, test) => {
  const patient = await startInside(world, test, { limits: { turns: 2, maxWaitingPerKey: 2, maxWaiting: 3 } });
  world.upstream.behave = beginStream;
  const start = world.upstream.reached.length;
  const [greedy, other] = [await world.makeKey(), await world.makeKey()];
  const holders = [await openStream(world, greedy, patient.port), await openStream(world, greedy, patient.port)];
  const queued = [await queue(world, patient, greedy), await queue(world, patient, greedy)];
  await expectRefused(world, [429], { "one more of its own": toPost(CHAT, [bearer(greedy)]) }, patient.port);
  const fair = await queue(world, patient, other);
  const [full = ""] = await expectRefused(
    world,
    [503],
    { "one more": toPost(CHAT, [bearer(world.alice)]) },
    patient.port,
  );
  assert.match(full, /^retry-after: \d+\r$/m);
  assert.equal(world.upstream.reached.length, start + 2);
  // Two turns become free: one for each key, though one of them had asked twice before the other.
  for (const holder of holders) holder.destroy();
  await fair.until('"response":"a"');
  await queued[0]?.until('"response":"a"');
  assert.equal(queued[1]?.text, "");
  for (const each of [...queued, fair]) each.destroy();
  await until("all turns are given back", () => patient.limiter.state.serving + patient.limiter.state.waiting === 0);
  const hasty = await startInside(world, test, { limits: { turns: 1, patienceMs: 200 } });
  const holder = await openStream(world, greedy, hasty.port);
  const [late = ""] = await expectRefused(world, [503], { late: toPost(CHAT, [bearer(other)]) }, hasty.port);
  assert.match(late, /queue-timeout/);
  assert.match(late, /^retry-after: \d+\r$/m);
  assert.match(late, /^x-portlock-queue-place: 1\r$/m);
  holder.destroy();
};

/** Answers at once with so many tokens. */
function answerTokens(tokens: number): Behave {
  return answerLines([`{"done":true,"prompt_eval_count":0,"eval_count":${tokens}}\n`]);
}

const lastToken: Attempt = async (world) => {
  const key = await world.makeKey({ limits: { ...world.alice.key.limits, tokensPerDay: 10 } });
  const start = world.upstream.reached.length;
  world.upstream.behave = answerTokens(9);
  await expectServed(world, { nine: toPost(CHAT, [bearer(key)]) });
  world.upstream.behave = answerTokens(1);
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.send(toPost(CHAT, [bearer(key)]))));
  const served = answers.filter((text) => toStatuses(text)[0] === 200).length;
  assert.equal(served, 1, `${served} were served for one token`);
  for (const text of answers) assert.ok([200, 429].includes(toStatuses(text)[0] ?? 0), text);
  assert.equal(world.upstream.reached.length, start + 2);
  const [refused = ""] = await expectRefused(world, [429], { later: toPost(CHAT, [bearer(key)]) });
  assert.match(refused, /^retry-after: \d+\r$/m);
};

const cutQuota: Attempt = async (world) => {
  const limits = { ...world.alice.key.limits, tokensPerDay: 5 };
  const cutter = await world.makeKey({ limits });
  world.upstream.behave = (response, request) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (let token = 0; token < 8; token += 1) response.write(`{"response":"${token}"}\n`);
  };
  const client = await world.connect();
  client.write(toPost(CHAT, [bearer(cutter)]));
  await client.until('"response":"7"');
  client.destroy();
  await whenIdle(world);
  await expectRefused(world, [429], { "behind a stream that was cut": toPost(CHAT, [bearer(cutter)]) });
  // An answer that tells nothing costs what was set aside for it.
  const silent = await world.makeKey({ limits });
  world.upstream.behave = (response) => void response.socket?.destroy();
  const asked = '{"model":"qwen3","options":{"num_ctx":5}}';
  assert.deepEqual(toStatuses(await world.send(toPost(CHAT, [bearer(silent)], asked))), [502]);
  await expectRefused(world, [429], { "behind an answer that never came": toPost(CHAT, [bearer(silent)]) });
};

const clockJumps: Attempt = async (world, test) => {
  const inside = await startInside(world, test, { limits: { turns: 1, patienceMs: 60_000 } });
  const now = Date.now();
  const limits = { ...world.alice.key.limits, requestsPerMinute: 2 };
  const [rated, ending] = [await world.makeKey({ limits }), await world.makeKey({ expiresAt: now + 3_600_000 })];
  test.mock.timers.enable({ apis: ["Date"], now });
  const ask = async (key: WorldKey): Promise<number> =>
    toStatuses(await world.send(toPost(CHAT, [bearer(key)]), inside.port))[0] ?? 0;
  assert.deepEqual([await ask(rated), await ask(rated), await ask(rated)], [200, 200, 429]);
  for (const jump of [-86_400_000 * 365, -61_000, 61_000, 86_400_000]) {
    test.mock.timers.setTime(now + jump);
    assert.equal(await ask(rated), 429, `a jump of ${jump} ms gives requests back`);
    assert.equal(await ask(ending), jump < 3_600_000 ? 200 : 401, `an end after a jump of ${jump} ms`);
    assert.equal(await ask(world.alice), 200);
  }
  test.mock.timers.setTime(now);
  world.upstream.behave = beginStream;
  const holder = await openStream(world, world.alice, inside.port);
  const waiting = await queue(world, inside, world.manager);
  test.mock.timers.setTime(now + 86_400_000 * 2);
  assert.equal(inside.limiter.state.waiting, 1, "a jump ends the patience of who waits");
  holder.destroy();
  await waiting.until('"response":"a"');
  waiting.destroy();
  await until("all turns are given back", () => inside.limiter.state.serving === 0);
};

const refusedStreams: Attempt = async (world) => {
  const body = '{"model":"qwen3","stream":true}';
  for (const path of [CHAT, "/v1/chat/completions", "/v1/messages"]) {
    const headers = ["accept: text/event-stream"];
    await expectRefused(world, [401], { "no key": toPost(path, headers, body) });
    await expectRefused(world, [403], {
      "a denied model": toPost(path, [...headers, bearer(world.narrow)], body.replace("qwen3", "llama3.2")),
    });
    await expectRefused(world, [400], {
      "no model": toPost(path, [...headers, bearer(world.alice)], '{"stream":true}'),
    });
  }
  for (const status of [404, 429, 500, 503]) {
    world.upstream.behave = (response) => void response.writeHead(status).end('{"error":"no"}');
    assert.deepEqual(toStatuses(await world.send(toPost(CHAT, [bearer(world.alice)], body))), [status]);
  }
};

const oddAnswers: Attempt = async (world, test) => {
  const numbers = Array.from({ length: 1_500_000 }, (_, at) => at % 10_000).join(",");
  const line = `{"done":true,"context":[${numbers}],"prompt_eval_count":7,"eval_count":9}\n`;
  world.upstream.behave = answerLines(['{"response":"a"}\n', line]);
  const [long = ""] = await expectServed(world, { "8 MB": toPost(CHAT, [bearer(world.alice)]) });
  assert.ok(long.length > line.length);
  const inner: Server = createServer(() => assert.fail("a redirection was followed")).listen(0, "127.0.0.1");
  await once(inner, "listening");
  test.after(() => inner.close());
  const address = inner.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  for (const status of [301, 302, 307, 308]) {
    world.upstream.behave = (response) =>
      void response.writeHead(status, { location: `http://127.0.0.1:${port}/api/pull` }).end();
    const text = await world.send(toPost(CHAT, [bearer(world.alice)]));
    assert.deepEqual(toStatuses(text), [status]);
    assert.doesNotMatch(text, /location/i);
  }
  world.upstream.behave = (response) => {
    const odd = {
      "set-cookie": ["a=b", "c=d"],
      server: "inner/1",
      "x-powered-by": "inner",
      connection: "keep-alive, x-inner",
      "x-inner": "1",
      "alt-svc": 'h3=":443"',
      "www-authenticate": "Basic",
      "access-control-allow-origin": "*",
    };
    response.writeHead(200, odd).end("{}");
  };
  const text = await world.send(toPost(CHAT, [bearer(world.alice)]));
  assert.doesNotMatch(text, /inner|set-cookie|alt-svc|access-control/i);
};

export const STREAM_ATTACKS: Attempts<"j"> = {
  64: leaving,
  65: dying,
  66: oneMore,
  67: lastToken,
  68: cutQuota,
  69: clockJumps,
  70: refusedStreams,
  71: oddAnswers,
};
