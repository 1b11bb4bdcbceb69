import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseRawAnswer } from "./raw-answer.ts";

const parse = (text: string, isCut = false) => parseRawAnswer(new TextEncoder().encode(text), isCut);

describe("an answer off the wire", () => {
  test("of Ollama", () => {
    const text =
      "HTTP/1.0 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 17\r\n\r\nOllama is running";
    assert.deepEqual(parse(text), {
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8", "content-length": "17" },
      body: "Ollama is running",
      truncated: false,
    });
  });
  test("after interim ones", () => {
    assert.equal(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\n\r\nno")?.status, 401);
  });
  test("without a body, and with a header twice", () => {
    assert.deepEqual(parse("HTTP/1.1 204 No Content\r\nA: 1\r\na: 2\r\n\r\n")?.headers, { a: "1" });
  });
  test("that was cut", () => {
    assert.equal(parse("HTTP/1.1 200 OK\r\n\r\nx", true)?.truncated, true);
  });
  for (const text of [
    "",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "220 mail\r\n",
    "\0\0",
  ]) {
    test(`that is none: ${JSON.stringify(text)}`, () => assert.equal(parse(text), null));
  }
  test("never throws, whatever it is", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseRawAnswer(bytes, false)));
    fc.assert(
      fc.property(fc.string(), (rest) => {
        const answer = parse(`HTTP/1.1 200 OK\r\n${rest}`);
        assert.ok(answer === null || answer.status === 200 || rest.includes("HTTP/"));
      }),
    );
  });
});
