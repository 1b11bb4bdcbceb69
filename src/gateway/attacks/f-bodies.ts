import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { isFull } from "../../../lab/extent.ts";
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
  toPost,
} from "./attempt.ts";
import type { World } from "./world.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const MEGABYTE = 1024 * 1024;

const oddBodies: Attempt = async (world) => {
  const key = bearer(world.alice);
  const nested = (levels: number): string => `{"model":"qwen3","x":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  await expectServed(world, {
    "200 levels": toPost("/api/chat", [key], nested(200)),
    "a string of 2 MB": toPost("/api/chat", [key], `{"model":"qwen3","x":"${"y".repeat(2 * MEGABYTE)}"}`),
    "another content type": toPost("/api/chat", [key, "content-type: text/plain"]),
  });
  await expectRefused(world, [400], {
    "100000 levels": toPost("/api/chat", [key], nested(100_000)),
    "a byte order mark": Buffer.from(toPost("/api/chat", [key], '\ufeff{"model":"qwen3"}')),
    "the same field twice": toPost("/api/chat", [key], '{"model":"qwen3","stream":true,"stream":false}'),
    "100000 fields": toPost("/api/chat", [key], `{"model":"qwen3",${'"a":1,'.repeat(100_000)}"b":1}`),
    "broken UTF-8": Buffer.concat([
      Buffer.from(toRequest("POST /api/chat", [key, "content-length: 26", "connection: close"])),
      Buffer.from('{"model":"qwen3","x":"\u00c0\u00af"}', "latin1"),
    ]),
    UTF16: Buffer.concat([
      Buffer.from(toRequest("POST /api/chat", [key, "content-length: 34", "connection: close"])),
      Buffer.from('{"model":"qwen3"}', "utf16le"),
    ]),
    "two content types": toPost("/api/chat", [key, "content-type: application/json", "content-type: text/plain"]),
  });
  const told = [key, `content-length: ${100 * MEGABYTE}`, "connection: close"];
  await expectRefused(world, [413], { "100 MB": toRequest("POST /api/chat", told, '{"model":"qwen3","x":"') });
  const growing = await world.connect();
  const frugal = await world.makeKey({ limits: { ...world.alice.key.limits, maxBodyBytes: 8 * MEGABYTE } });
  growing.write(
    toRequest("POST /api/chat", [bearer(frugal), "transfer-encoding: chunked"], '16\r\n{"model":"qwen3","x":"\r\n'),
  );
  const piece = Buffer.from(`${MEGABYTE.toString(16)}\r\n${"y".repeat(MEGABYTE)}\r\n`);
  for (let sent = 0; sent < 100 && growing.text === "" && growing.error === null; sent += 1) {
    // It is cut off in the middle of one of them.
    await growing.send(piece).catch(() => {});
  }
  assert.match(await growing.until("HTTP/1.1 413"), /body-too-large/);
  growing.destroy();
};

const compressed: Attempt = async (world) => {
  const bomb = gzipSync(Buffer.alloc(20 * MEGABYTE, " "));
  const head = (encoding: string): Buffer =>
    Buffer.from(toRequest("POST /api/chat", [bearer(world.alice), encoding, lengthOf(bomb), "connection: close"]));
  await expectRefused(
    world,
    [415],
    byThemselves(
      ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", "x-gzip"].map((name) => `content-encoding: ${name}`),
      (encoding) => Buffer.concat([head(encoding), bomb]),
    ),
  );
  await expectRefused(world, [400], { untold: Buffer.concat([head("accept: */*"), bomb]) });
};

/** Most memory the gateway's process has had so far, in megabytes. */
function peakOf({ gateway }: World): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))?.[1]) / 1024;
}

/** In the full form 20 GB, and slower than the five minutes that servers of node:http otherwise have. */
const BLOB = isFull ? { pieces: 20 * 1024, pauseMs: 15 } : { pieces: 128, pauseMs: 0 };

const largeBlob: Attempt = async (world, test) => {
  const hash = createHash("sha256");
  world.upstream.keepsBodies = false;
  test.after(() => {
    world.upstream.keepsBodies = true;
  });
  world.upstream.behave = (response, request) => {
    request.on("data", (chunk: Buffer) => hash.update(chunk));
    request.once("end", () => response.writeHead(200).end());
  };
  const piece = Buffer.alloc(MEGABYTE, "portlock");
  const expected = createHash("sha256");
  const before = peakOf(world);
  const begun = performance.now();
  const client = await world.connect();
  const head = [bearer(world.manager), `content-length: ${BLOB.pieces * piece.length}`, "connection: close"];
  client.write(toRequest(`POST /api/blobs/${DIGEST}`, head));
  for (let sent = 0; sent < BLOB.pieces; sent += 1) {
    expected.update(piece);
    await client.send(piece);
    if (BLOB.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, BLOB.pauseMs));
  }
  assert.deepEqual(toStatuses(await client.end()), [200]);
  assert.equal(hash.digest("hex"), expected.digest("hex"));
  const grown = peakOf(world) - before;
  test.diagnostic(
    `${BLOB.pieces} MB in ${Math.round((performance.now() - begun) / 1000)} s, peak memory + ${Math.round(grown)} MB`,
  );
  assert.ok(grown < 100, `${grown} MB more for a body of ${BLOB.pieces} MB`);
};

const digests: Attempt = async (world) => {
  const texts = [
    "sha256:../../../etc/passwd",
    `sha256:${"a".repeat(63)}`,
    `sha256:${"a".repeat(65)}`,
    `sha256:${"g".repeat(64)}`,
    `sha256:${"a".repeat(61)}/..`,
    `sha256%3A${"a".repeat(64)}`,
    `${DIGEST}/..`,
    `${DIGEST}%00`,
    `../${DIGEST}`,
    `sha512:${"a".repeat(64)}`,
    "..",
    "",
  ];
  for (const method of ["POST", "HEAD"]) {
    await expectRefused(
      world,
      [400, 403],
      byThemselves(texts, (digest) =>
        toRequest(`${method} /api/blobs/${digest}`, [bearer(world.manager), "connection: close"]),
      ),
    );
  }
};

const expectations: Attempt = async (world) => {
  const body = toBody();
  const expects = [lengthOf(body), "expect: 100-continue", "connection: close"];
  await expectRefused(world, [401], { "no key": toRequest("POST /api/chat", expects) });
  await expectRefused(world, [403], { "no route": toRequest("POST /api/pull", [bearer(world.alice), ...expects]) });
  await expectRefused(world, [413], {
    "too much": toRequest("POST /api/chat", [bearer(world.alice), `content-length: ${10 ** 10}`, ...expects.slice(1)]),
  });
  await expectRefused(world, [400], {
    "another expectation": toRequest("POST /api/chat", [bearer(world.alice), lengthOf(body), "expect: 200-ok"]),
    twice: toRequest("POST /api/chat", [bearer(world.alice), ...expects, "expect: 100-continue"]),
  });
  const client = await world.connect();
  client.write(toRequest("POST /api/chat", [bearer(world.alice), ...expects]));
  await client.until("HTTP/1.1 100 Continue\r\n\r\n");
  client.write(body);
  assert.deepEqual(toStatuses(await client.end()), [100, 200]);
  assert.ok(!world.upstream.reached.at(-1)?.rawHeaders.includes("expect"));
};

const unreadBodies: Attempt = async (world) => {
  const before = world.upstream.reached.length;
  const inner = toPost("/api/chat", [bearer(world.alice)]);
  const padded = inner + "x".repeat(200_000);
  const cases: readonly (readonly [body: string, headers: readonly string[], status: number])[] = [
    [inner, [lengthOf(inner)], 401],
    [padded, [lengthOf(padded)], 401],
    [`${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`, ["transfer-encoding: chunked"], 401],
    [inner, [bearer(world.alice), `content-length: ${10 ** 9}`], 413],
    [inner, [lengthOf(inner), "expect: 100-continue"], 401],
  ];
  for (const [body, headers, status] of cases) {
    const client = await world.connect();
    client.write(toRequest("POST /api/chat", headers, body));
    await client.until(`HTTP/1.1 ${status}`);
    client.socket.end();
    assert.deepEqual(toStatuses(await client.end()), [status]);
  }
  assert.equal(world.upstream.reached.length, before);
  const text = await world.send(toRequest("POST /api/chat", [lengthOf("{}")], "{}") + inner);
  assert.deepEqual(toStatuses(text), [401, 200]);
  assert.equal(world.upstream.reached.length, before + 1);
};

export const BODY_ATTACKS: Attempts<"f"> = {
  42: oddBodies,
  43: compressed,
  44: largeBlob,
  45: digests,
  46: expectations,
  47: unreadBodies,
};
