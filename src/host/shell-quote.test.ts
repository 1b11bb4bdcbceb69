import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatCommand, quoteForShell } from "./shell-quote.ts";

const SHELLS = [["/bin/dash"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]].filter(([path]) =>
  existsSync(path ?? ""),
);

test("plain words stay readable, others are quoted", () => {
  assert.equal(formatCommand(["ip", "-j", "address"]), "ip -j address");
  assert.equal(formatCommand(["cat", "it's $HOME", ""]), `cat 'it'\\''s $HOME' ''`);
  assert.throws(() => quoteForShell("a\0b"), RangeError);
});

for (const [shell = "", ...options] of SHELLS) {
  test(`${shell} reads back exactly what was quoted`, () => {
    const word = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom("'", '"', "\\", "\n", "$", "`", "*", "~", "-", "=", "!", "#", " ", "a", "{", "}"),
      }),
    );
    const words = fc.array(
      word.map((text) => text.replaceAll("\0", "")),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (expected) => {
        const script = `printf '%s\\000' ${expected.map(quoteForShell).join(" ")}`;
        const { stdout } = spawnSync(shell, options, { input: script });
        const bytes = Buffer.concat(expected.map((text) => Buffer.from(`${text}\0`)));
        assert.deepEqual(stdout, bytes);
      }),
      { numRuns: 60 },
    );
  });
}
