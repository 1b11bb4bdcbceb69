import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { assert as holds, array, constantFrom, integer, oneof, property, string } from "fast-check";
import stringWidth from "fast-string-width";
import { toPrintable, toShellWord, toSocketText } from "./printable.ts";

const hostile = array(
  oneof(
    string({ unit: "binary" }),
    constantFrom("\u001b[2J", "\u202e", "\n", "\ud800", "\u0301", "中文", "'", "\\", "$"),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const CASES: readonly (readonly [name: string, text: string, shown: string])[] = [
  ["plain text stays as it is", "ollama.service", "ollama.service"],
  ["Chinese stays as it is", "模型服务器", "模型服务器"],
  ["a terminal escape is shown", "\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
  ["a C1 control is shown", "a\u009bB", "a\\x9bB"],
  ["a line break stays on its line", "one\r\ntwo\tthree", "one\\r\\ntwo\\tthree"],
  ["a text turned round by bidi controls is shown", "exe.\u202egpj", "exe.\\u202egpj"],
  ["invisible characters are shown", "ollama\u200b\u2060\ufeff", "ollama\\u200b\\u2060\\ufeff"],
  ["a line separator is shown", "a\u2028b", "a\\u2028b"],
  ["half a surrogate pair is shown", "\ud83d!", "\\ud83d!"],
  ["a private character outside the basic plane is shown", "\u{f0000}", "\\u{f0000}"],
  ["accents stay, a pile of them does not", "e\u0301 Z\u0300\u0301\u0302", "e\u0301 Z\u0300\u0301\\u0302"],
];
for (const [name, text, shown] of CASES) {
  test(name, () => assert.equal(toPrintable(text), shown));
}

test("a long value loses its middle", () => {
  assert.equal(toPrintable("0123456789abcdef", 11), "0123...cdef");
  assert.equal(toPrintable("模型模型模型模型", 11), "模型...模型");
  assert.equal(toPrintable("short", 11), "short");
});

test("whatever the text, nothing of it acts on a terminal, it fits, and showing it twice changes nothing", () => {
  holds(
    property(hostile, integer({ min: 3, max: 60 }), (text, max) => {
      const shown = toPrintable(text, max);
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.ok(stringWidth(shown) <= max, JSON.stringify(shown));
      const whole = toPrintable(text);
      assert.equal(toPrintable(whole), whole);
    }),
  );
});

test("a title of fifty megabytes is cut without being walked through", () => {
  const huge = "\u001b".repeat(50_000_000);
  assert.equal(toPrintable(huge, 20).length, 20);
});

test("a socket is written as one types it", () => {
  assert.equal(toSocketText("127.0.0.1", 11434), "127.0.0.1:11434");
  assert.equal(toSocketText("::", 11434), "[::]:11434");
});

test("a shell takes a word for exactly the text it was made of, and the word itself is harmless to print", () => {
  const texts: string[] = [
    "",
    "-rf",
    "a b",
    "it's",
    "$(id)",
    "`id`",
    "a;b",
    "new\nline",
    "\u001b[2J",
    "名字",
    "~root",
    "!!",
  ];
  holds(
    property(hostile, (text) => {
      if (!text.includes("\0") && text.isWellFormed()) texts.push(text);
    }),
  );
  const words = texts.map((text) => toShellWord(text));
  for (const word of words) assert.equal(toPrintable(word), word);
  // The $'...' form needs UTF-8 text on its way; env keeps bash from reading the user's files.
  const script = words.map((word) => `printf '%s\\0' ${word}`).join("\n");
  const { stdout, status } = spawnSync("bash", ["--norc", "--noprofile"], { input: script, encoding: "utf8" });
  assert.equal(status, 0);
  assert.deepEqual(stdout.split("\0").slice(0, -1), texts);
});
