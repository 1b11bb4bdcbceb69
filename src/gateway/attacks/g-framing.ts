import assert from "node:assert/strict";
import { toRequest, toStatuses } from "../testing/raw-request.ts";
import {
  type Attempt,
  type Attempts,
  bearer,
  byThemselves,
  expectRefused,
  expectServed,
  lengthOf,
  type Requests,
  toBody,
  toGet,
  toPost,
  whenIdle,
} from "./attempt.ts";
import type { World } from "./world.ts";

const BODY = toBody();
const LENGTH = lengthOf(BODY);

function toChunks(body: string, extension = ""): string {
  return `${body.length.toString(16)}${extension}\r\n${body}\r\n0\r\n\r\n`;
}

/** A request whose head is sound but for the lines that say how long it is, or what else is given. */
function framed(world: World, headers: readonly string[], body: string): string {
  return toRequest("POST /api/chat", [bearer(world.alice), ...headers, "connection: close"], body);
}

/** What would be another request, were a body taken for shorter than it is. */
function smuggled(world: World): string {
  return toPost("/api/pull", [bearer(world.owner)]);
}

const lengths: Attempt = async (world) => {
  const chunks = toChunks(BODY);
  const inner = smuggled(world);
  await expectRefused(world, [400], {
    "CL.TE": framed(world, ["content-length: 4", "transfer-encoding: chunked"], `0\r\n\r\n${inner}`),
    "TE.CL": framed(world, ["transfer-encoding: chunked", "content-length: 4"], toChunks(inner)),
    "a length of 0 and chunks": framed(world, ["content-length: 0", "transfer-encoding: chunked"], chunks),
    "two lengths": framed(world, [LENGTH, "content-length: 4"], BODY),
    "the same length twice": framed(world, [LENGTH, LENGTH], BODY),
    "a list": framed(world, [`content-length: ${BODY.length}, ${BODY.length}`], BODY),
    "an empty one": framed(world, ["content-length:"], BODY),
    "an empty one beside a real one": framed(world, ["content-length:", LENGTH], BODY),
    "after a blank": framed(world, [`content-length : ${BODY.length}`], BODY),
    "in another case, twice": framed(world, [LENGTH, `CONTENT-LENGTH: ${BODY.length}`], BODY),
    "beyond what counts": framed(world, ["content-length: 18446744073709551616"], BODY),
  });
  await expectRefused(
    world,
    [400],
    byThemselves([`+${BODY.length}`, "-1", "0x2b", "4e1", `${BODY.length}.0`, `${BODY.length} 4`, "NaN"], (value) =>
      framed(world, [`content-length: ${value}`], BODY),
    ),
  );
};

const encodings: Attempt = async (world) => {
  const chunks = toChunks(BODY);
  const names = [
    "xchunked",
    "chunkedx",
    "chunked, identity",
    "identity, chunked",
    "gzip, chunked",
    "chunked, chunked",
    "chunked, gzip",
    "identity",
    "gzip",
    ", chunked",
    "chunked;q=1",
    '"chunked"',
    "\u000bchunked",
    "chun\u212aed",
  ];
  await expectRefused(
    world,
    [0, 400],
    byThemselves(names, (name) => framed(world, [`transfer-encoding: ${name}`], chunks)),
  );
  const head = `POST /api/chat HTTP/1.0\r\nhost: x\r\n${bearer(world.alice)}\r\n`;
  await expectRefused(world, [400], {
    "two lines": framed(world, ["transfer-encoding: chunked", "transfer-encoding: chunked"], chunks),
    "two lines, one of them another": framed(world, ["transfer-encoding: chunked", "transfer-encoding: x"], chunks),
    folded: framed(world, ["transfer-encoding:\r\n chunked"], chunks),
    "a name with a blank": framed(world, ["transfer-encoding : chunked"], chunks),
    "a name with another sign": framed(world, ["transfer_encoding: chunked", LENGTH], BODY),
    "of HTTP/1.0": `${head}transfer-encoding: chunked\r\n\r\n${chunks}`,
    "of HTTP/1.0 and kept": `${head}connection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`,
  });
};

const chunksAndLines: Attempt = async (world) => {
  const chunked = "transfer-encoding: chunked";
  const size = BODY.length.toString(16);
  // Where the body is what is wrong, the connection may end before there is an answer.
  await expectRefused(
    world,
    [0, 400, 413],
    byThemselves(
      [
        `10000000000000011\r\n${BODY}\r\n0\r\n\r\n`,
        `-1\r\n${BODY}\r\n0\r\n\r\n`,
        `0x${size}\r\n${BODY}\r\n0\r\n\r\n`,
        ` ${size}\r\n${BODY}\r\n0\r\n\r\n`,
        `${size} \r\n${BODY}\r\n0\r\n\r\n`,
        `zz\r\n${BODY}\r\n0\r\n\r\n`,
        `${size}\n${BODY}\n0\n\n`,
        `${size}\r${BODY}\r0\r\r`,
        `${size}\r\n${BODY}0\r\n\r\n`,
        `${size}\r\n${BODY}xx0\r\n\r\n`,
        `\r\n${size}\r\n${BODY}\r\n0\r\n\r\n`,
        `${size};a\nb\r\n${BODY}\r\n0\r\n\r\n`,
        `${size};${"x".repeat(100_000)}\r\n${BODY}\r\n0\r\n\r\n`,
        `${size}\r\n${BODY}\r\n0\r\nx : y\r\n\r\n`,
      ],
      (body) => framed(world, [chunked], body),
    ),
  );
  // The largest size there is: nobody waits for all of it to be told that it is too much.
  const endless = await world.connect();
  endless.write(framed(world, [chunked], `ffffffffffffffff\r\n${BODY}`));
  const lines: Requests = {
    "a folded line": framed(world, ["x-one: a", " b", LENGTH], BODY),
    "a folded key": toPost("/api/chat", [`authorization:\r\n Bearer ${world.alice.text}`]),
    "a blank before the colon": framed(world, ["x-one : a", LENGTH], BODY),
    "a NUL in a value": framed(world, ["x-one: a\0b", LENGTH], BODY),
    "a NUL in a name": framed(world, ["x-\0one: a", LENGTH], BODY),
    "a bare carriage return": framed(world, ["x-one: a\rb: c", LENGTH], BODY),
    "a bare line feed": framed(world, [`x-one: a\nx-two: b`, LENGTH], BODY),
    "no name": framed(world, [": a", LENGTH], BODY),
    "no colon": framed(world, ["x-one", LENGTH], BODY),
    "bare line feeds alone": `GET /api/tags HTTP/1.1\nhost: x\n${bearer(world.manager)}\n\n`,
    "HTTP/0.9": "GET /api/tags\r\n\r\n",
    "HTTP/1.2": `GET /api/tags HTTP/1.2\r\nhost: x\r\n${bearer(world.manager)}\r\n\r\n`,
    TLS: "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
  };
  await expectRefused(world, [0, 400], lines);
  endless.destroy();
  await expectServed(world, { "an extension": framed(world, [chunked], toChunks(BODY, ';a="b"')) });
  const reached = world.upstream.reached.at(-1);
  assert.equal((await reached?.body)?.toString(), BODY);
  assert.ok(!reached?.rawHeaders.includes("transfer-encoding"));
};

const hosts: Attempt = async (world) => {
  const key = bearer(world.manager);
  const rest = `${key}\r\nconnection: close\r\n\r\n`;
  await expectRefused(world, [400], {
    none: `GET /api/tags HTTP/1.1\r\n${rest}`,
    "none, of HTTP/1.0": `GET /api/tags HTTP/1.0\r\n${rest}`,
    two: `GET /api/tags HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: other\r\n${rest}`,
    "the same twice": `GET /api/tags HTTP/1.1\r\nhost: x\r\nhost: x\r\n${rest}`,
  });
  await expectRefused(
    world,
    [400],
    byThemselves(
      [
        "",
        "a/b",
        "a?b",
        "a#b",
        "user@a",
        "a b",
        "a\\b",
        "a,b",
        "a:x",
        "a:999999",
        "[::1",
        "a%2fb",
        "\u00e9",
        "a\tb",
        "<a>",
      ],
      (host) => `GET /api/tags HTTP/1.1\r\nhost: ${host}\r\n${rest}`,
    ),
  );
  await expectRefused(world, [0, 400, 431], {
    "2500 headers": toGet("/api/tags", [key, ...Array<string>(2500).fill("x: y")]),
    "101 headers": toGet("/api/tags", [key, ...Array<string>(101).fill("x: y")]),
    "20 kB of one": toGet("/api/tags", [key, `x: ${"y".repeat(20_000)}`]),
  });
};

const pipelined: Attempt = async (world) => {
  const before = world.upstream.reached.length;
  const first = toRequest("POST /api/chat", [bearer(world.alice), LENGTH], BODY);
  const text = await world.send(first + toPost("/api/chat", []));
  assert.deepEqual(toStatuses(text), [200, 401]);
  const backwards = await world.send(
    toRequest("POST /api/chat", [LENGTH], BODY) + toPost("/api/chat", [bearer(world.alice)]),
  );
  assert.deepEqual(toStatuses(backwards), [401, 200]);
  const others = await world.send(first + toPost("/api/pull", [bearer(world.alice)]));
  assert.deepEqual(toStatuses(others), [200, 403]);
  assert.equal(world.upstream.reached.length, before + 3);
  world.upstream.behave = () => {};
  const flooding = await world.connect();
  flooding.write(first.repeat(100));
  await flooding.end();
  await whenIdle(world);
  assert.ok(world.upstream.reached.length <= before + 4, "more than one of a flood was sent on");
};

export const FRAMING_ATTACKS: Attempts<"g"> = {
  48: lengths,
  49: encodings,
  50: chunksAndLines,
  51: hosts,
  52: pipelined,
};
