import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { matchesPattern } from "./unit-environment-files.ts";

const MATCHES: readonly [pattern: string, name: string, matches: boolean][] = [
  ["*", "ollama", true],
  ["*", ".hidden", false],
  [".*", ".hidden", true],
  ["*.env", "ollama.env", true],
  ["*.env", "ollama.environment", false],
  ["o?lama", "ollama", true],
  ["[a-o]llama", "ollama", true],
  ["[!o]llama", "ollama", false],
  ["[^x]llama", "ollama", true],
  ["a.b", "axb", false],
  ["[", "[", true],
  ["*a*b*", "xaxbx", true],
  ["", "", true],
];
for (const [pattern, name, matches] of MATCHES) {
  test(`${pattern} ${matches ? "takes" : "leaves"} ${name}`, () =>
    assert.equal(matchesPattern(pattern, name), matches));
}

test("a name is matched by itself with stars put in anywhere", () => {
  const name = fc
    .string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 12 })
    .filter((text) => !text.startsWith("."));
  fc.assert(
    fc.property(name, fc.array(fc.nat(12)), (text, places) => {
      const pattern = places.reduce((whole, at) => `${whole.slice(0, at)}*${whole.slice(at)}`, text);
      assert.ok(matchesPattern(pattern, text));
    }),
  );
});
