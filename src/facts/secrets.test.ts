import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { admitsAnyOrigin } from "../servers/ollama/browser-checks.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";
import { maskText, maskValue } from "./secrets.ts";

const VALUES: readonly (readonly [what: string, value: string, kept: string])[] = [
  ["an address", "0.0.0.0:11434", "0.0.0.0:11434"],
  ["nothing", "", ""],
  ["a user and a password", "http://me:s3cret@0.0.0.0:11434", "http://xxxxx:xxxxx@0.0.0.0:11434"],
  ["a password without a scheme", "me:s3cret@0.0.0.0", "xxxxx:xxxxx@0.0.0.0"],
  [
    "a password with an @, a slash and a comma in it",
    "http://me:s3@c/r,et@[::]:1",
    "http://xxxxx:xxxxx/xxxxx,xxxxx@[::]:1",
  ],
  ["a password that looks like a scheme", "http://me:s3cret://x@h", "http://xxxxx:xxxxx://xxxxx@h"],
  ["a token in a query", "https://h/?token=s3cret&a=b", "https://h/?token=xxxxx&a=xxxxx"],
  ["a list of origins", "*,https://me:s3cret@page.example", "*,https://xxxxx:xxxxx@page.example"],
  ["a second variable in the same value", "0.0.0.0 OLLAMA_API_KEY=s3cret", "0.0.0.0 OLLAMA_API_KEY=xxxxx"],
  ["a comment in the value", "0.0.0.0 # key: s3cret", "0.0.0.0 # xxxxx xxxxx"],
  ["a path with an @ in it", "/srv/models@home", "/srv/models@home"],
  ["a key of a known shape", "hf_abcdefghijklmnopqrst", "xxxxx"],
];
for (const [what, value, kept] of VALUES) {
  test(`of a setting that holds ${what} is kept ${kept}`, () => {
    assert.equal(maskValue(value), kept);
    assert.equal(maskValue(kept), kept);
  });
}

const TEXTS: readonly (readonly [text: string, value: string, kept: string])[] = [
  ["OLLAMA_HOST=0.0.0.0", "0.0.0.0", "OLLAMA_HOST=0.0.0.0"],
  ['export OLLAMA_HOST="http://a:b@h"', "http://a:b@h", 'export OLLAMA_HOST="http://xxxxx:xxxxx@h"'],
  ["OLLAMA_HOST=http://a:\\x62@h", "http://a:b@h", "OLLAMA_HOST=http://xxxxx:xxxxx@h"],
  ["OLLAMA_HOST=$&@h", "$&@h", "OLLAMA_HOST=xxxxx@h"],
];
for (const [text, value, kept] of TEXTS) {
  test(`the line ${text} is shown as ${kept}`, () => {
    assert.equal(maskText(text, [{ name: "OLLAMA_HOST", value }]), kept);
  });
}

test("a masked value is judged as the real one is", () => {
  const user = fc.stringMatching(/^[A-Za-z]\w{0,12}(:[A-Za-z0-9!$%&()+;=?_~|.-]{1,12})?$/);
  const rest = fc.constantFrom("0.0.0.0", "0.0.0.0:11434", "[::]:80", "127.0.0.1:70000", "h", "h/x", "", ":1", "[");
  const before = fc.constantFrom("", "http://", "https://", '"http://', " ", "tcp://");
  function judged(value: string): unknown {
    const address = parseListenAddress(value);
    return "name" in address ? { ...address, name: "" } : address;
  }
  fc.assert(
    fc.property(before, user, rest, (before, user, rest) => {
      const value = `${before}${user}@${rest}`;
      assert.deepEqual(judged(maskValue(value)), judged(value), `${value} ${maskValue(value)}`);
      assert.equal(admitsAnyOrigin(maskValue(value)), admitsAnyOrigin(value));
    }),
  );
});

test("what stands before an @ never survives", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{6,20}$/).map((text) => `Q${text}Q`);
  const around = fc.stringMatching(/^[a-z:/,;[\]"' .#=?&*-]{0,12}$/);
  fc.assert(
    fc.property(secret, around, around, (secret, before, after) => {
      fc.pre(!/^["'\s]*[/~.]/.test(before));
      const value = `${before}:${secret}${after}@0.0.0.0`;
      assert.ok(!maskValue(value).includes(secret), maskValue(value));
      assert.ok(!maskText(`OLLAMA_HOST="${value}"`, [{ name: "OLLAMA_HOST", value }]).includes(secret));
    }),
  );
});

test("random text never throws, and is cut", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void maskValue(text)));
  assert.equal(maskValue("a".repeat(1_000_000)).length, 4_096);
});
