import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { applyEdit, type Splice } from "./file-edit.ts";

const CASES: readonly (readonly [what: string, text: string, splices: readonly Splice[], expected: string | null])[] = [
  ["one line replaced", "a\nb\nc\n", [{ line: 2, removed: ["b"], inserted: ["B"] }], "a\nB\nc\n"],
  ["a line put before the first", "a\n", [{ line: 1, removed: [], inserted: ["x"] }], "x\na\n"],
  ["a line put behind the last", "a\n", [{ line: 2, removed: [], inserted: ["x"] }], "a\nx\n"],
  ["behind a last line without its end", "a", [{ line: 2, removed: [], inserted: ["x"] }], "a\nx\n"],
  ["a last line without its end stays so", "a\nb", [{ line: 1, removed: ["a"], inserted: ["A"] }], "A\nb"],
  ["into a file that is not there", "", [{ line: 1, removed: [], inserted: ["x"] }], "x\n"],
  ["line ends of another system stay", "a\r\nb\r\n", [{ line: 2, removed: ["b"], inserted: ["B"] }], "a\r\nB\r\n"],
  [
    "two places at once",
    "a\nb\nc\nd\n",
    [
      { line: 1, removed: ["a"], inserted: [] },
      { line: 4, removed: ["d"], inserted: ["D", "E"] },
    ],
    "b\nc\nD\nE\n",
  ],
  ["a line that is another by now", "a\nB\nc\n", [{ line: 2, removed: ["b"], inserted: ["x"] }], null],
  ["a line that is gone", "a\n", [{ line: 2, removed: ["b"], inserted: ["x"] }], null],
  ["a place behind the end", "a\n", [{ line: 3, removed: [], inserted: ["x"] }], null],
];

describe("an edit of a file", () => {
  for (const [what, text, splices, expected] of CASES) {
    test(what, () => {
      const edited = applyEdit(text, { kind: "splice", splices });
      assert.deepEqual(edited, expected === null ? { ok: false, why: "moved-on" } : { ok: true, text: expected });
    });
  }

  test("replaces what is not there by what is written whole", () => {
    assert.deepEqual(applyEdit(null, { kind: "write", text: "x\n", mode: 0o644 }), { ok: true, text: "x\n" });
  });

  test("removes only what is there", () => {
    assert.deepEqual(applyEdit("x", { kind: "remove" }), { ok: true, text: null });
    assert.deepEqual(applyEdit(null, { kind: "remove" }), { ok: false, why: "moved-on" });
  });

  test("that changes nothing leaves every byte as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é", " ") }), (text) => {
        assert.deepEqual(applyEdit(text, { kind: "splice", splices: [] }), { ok: true, text });
      }),
    );
  });
});
