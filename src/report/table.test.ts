import assert from "node:assert/strict";
import test from "node:test";
import { array, assert as holds, integer, property, string } from "fast-check";
import stringWidth from "fast-string-width";
import { formatTable, wrapText } from "./table.ts";

const columns = [{ heading: "WHO" }, { heading: "VERDICT", fixed: true }];

test("a table that fits keeps one line a row", () => {
  assert.deepEqual(
    formatTable(
      columns,
      [
        [{ text: "the internet" }, { text: "OPEN" }],
        [{ text: "本机" }, { text: "不通" }],
      ],
      40,
    ),
    ["WHO           VERDICT", "the internet  OPEN", "本机          不通"],
  );
});

test("a cell that is too wide wraps, and Chinese wraps between any two characters", () => {
  const rows = [
    [{ text: "neighbours on 10.77.0.0/24" }, { text: "OPEN" }],
    [{ text: "本机浏览器中的网页，不是别人" }, { text: "不通" }],
  ];
  assert.deepEqual(formatTable(columns, rows, 26), [
    "WHO                VERDICT",
    "neighbours on      OPEN",
    "10.77.0.0/24",
    "本机浏览器中的网   不通",
    "页，不是别人",
  ]);
});

test("no room for the narrowest columns is no table", () => {
  assert.equal(formatTable(columns, [[{ text: "a rather long cell" }, { text: "OPEN" }]], 15), null);
});

test("a cell's colour is put on after the layout", () => {
  const paint = (line: string): string => `<${line}>`;
  const [, row] = formatTable(columns, [[{ text: "a", paint }, { text: "OPEN" }]], 40) ?? [];
  assert.equal(row, "<a>    OPEN");
});

test("an opening bracket goes with what follows it, closing punctuation with what it closes", () => {
  assert.deepEqual(wrapText("监听地址（端口）。", 10), ["监听地址", "（端口）。"]);
});

test("wrapped lines fit, and lose nothing but spaces", () => {
  holds(
    property(
      array(string({ unit: "grapheme-composite", maxLength: 30 })),
      integer({ min: 4, max: 50 }),
      (words, width) => {
        const text = words.join(" ");
        const lines = wrapText(text, width);
        for (const line of lines) assert.ok(stringWidth(line) <= Math.max(width, 4), JSON.stringify(line));
        assert.equal(lines.join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
      },
    ),
  );
});
