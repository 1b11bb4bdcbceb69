import assert from "node:assert/strict";
import test from "node:test";
import { assert as holds, jsonValue, property } from "fast-check";
import { toJson } from "./json.ts";

test("hostile text in a document is inert, and a parser reads back the same value", () => {
  const value = { title: "a\u001b[2J\u202eb\u200b\u009b\u2028\u{e0041}\ud800", name: "模型", line: "\n" };
  const text = toJson(value);
  assert.doesNotMatch(text, /[\u001b\u009b\u202e\u200b\u2028\ud800]|\u{e0041}/u);
  assert.match(text, /模型/);
  assert.deepEqual(JSON.parse(text), value);
});

test("any document is read back as it was", () => {
  holds(
    property(jsonValue({ stringUnit: "binary" }), (value) => {
      assert.deepEqual(JSON.parse(toJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});
