import assert from "node:assert/strict";
import test from "node:test";
import { parsePasswordFile } from "./passwords.ts";

const CASES = [
  {
    name: "htpasswd -B",
    line: "bob:$2y$12$LBy0ZJiKSvCiL0cOqIZgFu0ktqkewdKN6MVIIz3WX2OXsDkHD7Q02",
    hash: { scheme: "bcrypt", cost: 12 },
  },
  { name: "htpasswd", line: "bob:$apr1$abc$def", hash: { scheme: "apr1", cost: 1_000 } },
  { name: "openssl passwd -6", line: "bob:$6$abc$def:a comment", hash: { scheme: "sha512-crypt", cost: 5_000 } },
  { name: "with rounds", line: "bob:$5$rounds=535000$abc$def", hash: { scheme: "sha256-crypt", cost: 535_000 } },
  { name: "mkpasswd of Debian 12", line: "bob:$y$j9T$abc$def", hash: { scheme: "yescrypt", cost: null } },
  { name: "htpasswd -s", line: "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", hash: { scheme: "sha1", cost: null } },
  { name: "plain", line: "bob:{PLAIN}hunter2", hash: { scheme: "plain", cost: null } },
  { name: "DES", line: "bob:rqXexS6ZhobKA", hash: { scheme: "other", cost: null } },
] as const;

for (const { name, line, hash } of CASES) {
  test(`a hash of ${name}`, () => {
    assert.deepEqual(parsePasswordFile(`# users\n\n${line}\r\n`), { hash, users: 1 });
  });
}

test("of several the one that takes longest to try", () => {
  const text = "a:{SHA}x\nb:$2y$05$x\nc:$2y$10$x\nd:$apr1$x$y\n";
  assert.deepEqual(parsePasswordFile(text), { hash: { scheme: "bcrypt", cost: 10 }, users: 4 });
  assert.deepEqual(parsePasswordFile(""), { hash: null, users: 0 });
});
