import assert from "node:assert/strict";
import { test } from "node:test";
import { toPepper } from "../store/pepper.ts";
import { isKeyName } from "./key-name.ts";
import { hashKeyText, isKeyId, isSameHash, makeKeyId, makeKeyText, readPrefix } from "./key-text.ts";

test("a key's text has 256 bits that are never the same, and its prefix in it", () => {
  const made = Array.from({ length: 500 }, () => makeKeyText());
  for (const { text, prefix } of made) {
    assert.match(text, /^plk_[0-9a-z]{8}_[0-9A-Za-z_-]{43}$/);
    assert.equal(readPrefix(text), prefix);
    assert.equal(Buffer.from(text.slice(13), "base64url").length, 32);
  }
  assert.equal(new Set(made.map(({ text }) => text)).size, 500);
});

test("another pepper, another hash", () => {
  const text = `plk_aaaaaaaa_${"A".repeat(43)}`;
  const [one, other] = [1, 2].map((byte) => hashKeyText(toPepper(Buffer.alloc(32, byte)).secretKey, text));
  assert.match(one ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(one, other);
});

test("10 hashes of any length and script are compared without a fault", () => {
  assert.equal(isSameHash("ab", "ab"), true);
  for (const other of ["", "a", "abc", "aß", "ü", "ключ"]) assert.equal(isSameHash("ab", other), false);
});

for (const [name, isOne] of [
  ["alice", true],
  ["a", true],
  ["研究组-2", true],
  ["müller@example.com", true],
  ["x".repeat(64), true],
  ["x".repeat(65), false],
  ["", false],
  ["-rf", false],
  [".hidden", false],
  ["a b", false],
  ["a:b", false],
  ["a\nb", false],
  ["a\u202eb", false],
  ["a\u0000", false],
  ["mu\u0308ller", false],
  ['a"b', false],
  [makeKeyId(), false],
] as const) {
  test(`${JSON.stringify(name)} is ${isOne ? "a" : "no"} name of a key`, () => assert.equal(isKeyName(name), isOne));
}

test("an id is told from a name", () => {
  assert.equal(isKeyId(makeKeyId()), true);
  assert.equal(isKeyId("key_alice"), false);
});
