import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { isModelAllowed, readModelName } from "./model-name.ts";

test("case 37: a name is the model that Ollama takes it for", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["llama3.2", "llama3.2:latest"],
    ["LLaMA3.2:Latest", "llama3.2:latest"],
    ["library/llama3.2", "llama3.2:latest"],
    ["registry.ollama.ai/library/llama3.2:latest", "llama3.2:latest"],
    ["REGISTRY.OLLAMA.AI/Library/llama3.2", "llama3.2:latest"],
    ["alice/llama3.2:1b", "alice/llama3.2:1b"],
    ["hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "hf.co/bartowski/llama-3.2-1b-instruct-gguf:q4_k_m"],
    ["hf.co/library/x", "hf.co/library/x:latest"],
    ["localhost:5000/ns/x", "localhost:5000/ns/x:latest"],
    ["_x", "_x:latest"],
    ["x:local", "x:latest"],
    ["x:1b:local", "x:1b"],
    ["x:cloud", "x:cloud"],
    ["x:20b:cloud", "x:20b-cloud"],
    ["x:20b-cloud", "x:20b-cloud"],
  ];
  for (const [text, shown] of cases) assert.equal(readModelName(text)?.shown, shown, text);
});

test("case 37: what is no name of a model is none", () => {
  const texts = [
    "",
    " ",
    "llama3.2 ",
    " llama3.2",
    "lla ma",
    "a\tb",
    "a\n",
    "a\u0000",
    "a\u200b",
    "\u217cama",
    "ａ",
    "a\u0301",
    "\u212a",
    "\u017f",
    "http://x/y/z",
    "https://registry.ollama.ai/library/llama3.2",
    "a/b/c/d",
    "/a",
    "a/",
    "a//b",
    "a:",
    ":a",
    "a:b:c",
    "a:b/c",
    "..",
    ".",
    "-a",
    ".a",
    "a:-b",
    "a@sha256:0",
    "a+q4",
    "a?b",
    "a#b",
    "a%2fb",
    "a\\b",
    "*",
    "a*",
    "hf.co/x",
    "a.b/c",
    "a:cloud:local",
    "a:20b-cloud:cloud",
    "a:local:local",
    ":cloud",
    "a".repeat(81),
    `${"n".repeat(81)}/a`,
    `a:${"t".repeat(81)}`,
    `${"h".repeat(351)}/n/a`,
  ];
  for (const text of texts) assert.equal(readModelName(text), null, JSON.stringify(text));
});

test("case 25: what is asked at ollama.com is known by its tag", () => {
  for (const text of ["x:cloud", "x:CLOUD", "x:20b-cloud", "x:20b-Cloud", "x:20b:cloud", "ns/x:cloud"]) {
    assert.equal(readModelName(text)?.cloud, true, text);
  }
  for (const text of ["x", "x-cloud", "cloud", "x:cloudy", "x:local", "x-cloud:20b", "x:20b:local"]) {
    assert.equal(readModelName(text)?.cloud, false, text);
  }
});

test("a pattern is a name, with any text for each star", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      "llama3.2",
      ["llama3.2", "LLAMA3.2:latest", "library/llama3.2", "llama3.2:latest:local"],
      ["llama3.2:1b", "llama3.21", "alice/llama3.2", "hf.co/library/llama3.2"],
    ],
    ["Llama3.2:1B", ["llama3.2:1b"], ["llama3.2"]],
    ["qwen3:*", ["qwen3", "qwen3:8b"], ["qwen3x:8b", "alice/qwen3:8b", "qwen3:80/ns/llama3.2"]],
    ["qwen*", ["qwen", "qwen3:8b", "qwen2.5-coder:7b"], ["alice/qwen3", "xqwen"]],
    ["*:8b", ["qwen3:8b", "x:8b"], ["qwen3:18b-q", "alice/x:8b"]],
    ["q*n*:8*", ["qwen3:8b"], ["qwen3:1b", "quux:8b"]],
    ["a*a", ["aa", "aba:latest"], ["a"]],
    ["alice/*", ["alice/x", "alice/x:1b"], ["x", "alicex/x", "bob/alice", "alice.com/alice/x"]],
    ["hf.co/*", ["hf.co/a/b", "hf.co/c/d:q4"], ["hf.com/a/b", "b", "hf/b"]],
    ["hf.co/a/*", ["hf.co/a/b:q4"], ["hf.co/b/b"]],
    ["*/x", ["x", "alice/x"], ["y", "hf.co/alice/x"]],
    ["*", ["x", "alice/x:1b", "hf.co/a/b", "x:20b-cloud"], []],
    ["**", ["x"], ["alice/x"]],
    ["", [], ["x"]],
    ["a/b/c/d", [], ["x"]],
  ];
  for (const [pattern, allowed, denied] of cases) {
    for (const text of [...allowed, ...denied]) {
      const name = readModelName(text);
      assert.ok(name !== null, text);
      assert.equal(isModelAllowed(name, [pattern]), allowed.includes(text), `${pattern} ${text}`);
    }
  }
});

test("`:local` is allowed where both of its readings are", () => {
  const name = readModelName("x:local");
  assert.ok(name !== null);
  assert.equal(isModelAllowed(name, ["x"]), false);
  assert.equal(isModelAllowed(name, ["x:local"]), false);
  assert.equal(isModelAllowed(name, ["x", "x:local"]), true);
  assert.equal(isModelAllowed(name, ["x:*"]), true);
});

test("no list of patterns is every model, an empty one is none", () => {
  const name = readModelName("x");
  assert.ok(name !== null);
  assert.equal(isModelAllowed(name, null), true);
  assert.equal(isModelAllowed(name, []), false);
});

test("random text never throws, and a name that is read reads the same again", () => {
  const texts = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom("a", "B", "/", ":", ".", "-", "_", "cloud", "local", "hf.co"), { maxLength: 9 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, fc.array(texts, { maxLength: 3 }), (text, patterns) => {
      const name = readModelName(text);
      if (name === null) return;
      isModelAllowed(name, patterns);
      const again = readModelName(name.shown);
      assert.equal(again?.shown, name.shown);
      assert.equal(again.cloud, name.cloud);
    }),
    { numRuns: 5000 },
  );
});

test("a pattern of stars takes no longer than its text", () => {
  const name = readModelName(`${"a".repeat(79)}b`);
  assert.ok(name !== null);
  assert.equal(isModelAllowed(name, [`${"a*".repeat(20_000)}c`]), false);
});
