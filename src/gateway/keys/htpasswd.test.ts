import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as assertAll, property, string } from "fast-check";
import { readHtpasswd } from "./htpasswd.ts";

const HASH = "abcdefghijklmnopqrstuu5LWhCO5yXAL1sUvB/1WZ1EYQ5p0kqPi";

const LINES: readonly (readonly [what: string, line: string, becomes: string])[] = [
  ["as htpasswd -B writes it", `alice:$2y$05$${HASH}`, "alice"],
  ["as other programs write it", `alice:$2b$10$${HASH}`, "alice"],
  ["with fields behind it", `alice:$2a$10$${HASH}:comment`, "alice"],
  ["of a Windows file", `alice:$2y$10$${HASH}\r`, "alice"],
  ["an empty line", "", ""],
  ["a comment", "# users", ""],
  ["MD5 of Apache", "alice:$apr1$aaaaaaaa$bbbbbbbbbbbbbbbbbbbbbb", "no-bcrypt"],
  ["SHA-1", "alice:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "no-bcrypt"],
  ["a password as it is", "alice:secret", "no-bcrypt"],
  ["a hash that was cut", `alice:$2y$10$${HASH.slice(1)}`, "no-bcrypt"],
  ["a cost below bcrypt's own", `alice:$2y$03$${HASH}`, "no-bcrypt"],
  ["a cost that would stop the gateway", `alice:$2y$15$${HASH}`, "too-slow"],
  ["no user", `:$2y$10$${HASH}`, "no-user"],
  ["a name that is none of a key", `al ice:$2y$10$${HASH}`, "no-user"],
  ["no colon", "alice", "no-user"],
];
for (const [what, line, becomes] of LINES) {
  test(`a line of htpasswd: ${what}`, () => {
    const [read] = readHtpasswd(line);
    assert.equal(read === undefined ? "" : read.kind === "user" ? read.name : read.why, becomes);
    assert.doesNotMatch(JSON.stringify(read ?? null), /secret/);
  });
}

test("lines are counted as an editor counts them", () => {
  const read = readHtpasswd(`# users\n\nalice:x\nbob:$2y$10$${HASH}\n`);
  assert.deepEqual(
    read.map(({ kind, line }) => [kind, line]),
    [
      ["refused", 3],
      ["user", 4],
    ],
  );
});

test("no text makes it throw", () => {
  assertAll(property(string({ unit: "binary" }), (text) => readHtpasswd(text).length <= text.length + 1));
});
