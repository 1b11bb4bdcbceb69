import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ReplyReader } from "./reply-reader.ts";

const NONCES = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"] as const;

function frame(nonce: string, output: Buffer, status: string, errors: string): Buffer {
  return Buffer.concat([output, Buffer.from(`\n${nonce} ${status}\n${errors}\n${nonce}\n`)]);
}

/** Every reply that comes out when the bytes arrive in pieces of these sizes. */
function readInPieces(bytes: Buffer, sizes: readonly number[], nonces: readonly string[]): readonly unknown[] {
  const reader = new ReplyReader();
  const replies: unknown[] = [];
  let at = 0;
  for (let piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length] ?? 1;
    reader.push(bytes.subarray(at, at + size));
    at += size;
    for (let nonce = nonces[replies.length]; nonce !== undefined; nonce = nonces[replies.length]) {
      const reply = reader.take(nonce);
      if (!reply) break;
      replies.push(reply);
    }
  }
  assert.equal(reader.pendingBytes, 0);
  return replies;
}

test("replies are the same however their bytes arrive", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom("", "\n", `\n${NONCES[1]}`, `${NONCES[0]} 0`, "\n0123456789abcdef 0\n", "\n\n")
      .map((text) => Buffer.from(text)),
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 });
  const errors = fc.constantFrom("", "ls: cannot access 'x': No such file or directory", "\n\n", "/0");
  fc.assert(
    fc.property(content, content, errors, sizes, (first, second, text, pieces) => {
      const bytes = Buffer.concat([frame(NONCES[0], first, "0", text), frame(NONCES[1], second, "missing", text)]);
      assert.deepEqual(readInPieces(bytes, pieces, NONCES), [
        { status: "0", output: first, errors: text },
        { status: "missing", output: second, errors: text },
      ]);
    }),
  );
});

test("a megabyte before the frame is its output", () => {
  const output = Buffer.alloc(1_000_000, "\n0123456789abcdef0123456789abcde");
  const [reply] = readInPieces(frame(NONCES[0], output, "0", ""), [65_536], [NONCES[0]]);
  assert.deepEqual(reply, { status: "0", output, errors: "" });
});

test("a frame of another nonce is content", () => {
  const reader = new ReplyReader();
  reader.push(frame(NONCES[1], Buffer.from("a"), "0", ""));
  assert.equal(reader.take(NONCES[0]), null);
  reader.push(frame(NONCES[0], Buffer.from("b"), "1", ""));
  assert.match(reader.take(NONCES[0])?.output.toString() ?? "", /^a\nfedc[^]*\nb$/);
});
