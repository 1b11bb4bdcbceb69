import assert from "node:assert/strict";
import { test } from "node:test";
import { countDenied, toToolFailure } from "./failure.ts";

for (const [text, why] of [
  ["head: cannot open '/x' for reading: No such file or directory", "absent"],
  ["ls: /x: No such file or directory", "absent"],
  ["head: error reading '/proc/1/environ': No such process", "absent"],
  ["stat: cannot statx '/root/x': Permission denied", "denied"],
  ["head: error reading '/x': Operation not permitted", "denied"],
  ["/bin/sh: 1: ls: Argument list too long", "too-large"],
  ["ls: cannot access '/x': Too many levels of symbolic links", "failed"],
  ["head: cannot open '/tmp/Permission denied' for reading: No such file or directory", "absent"],
  ["head: error reading '/tmp/x\nPermission denied\n': Input/output error", "failed"],
  ["", "failed"],
] as const) {
  test(`a tool says ${JSON.stringify(text)}: ${why}`, () => {
    const failure = toToolFailure(text, "/x");
    assert.deepEqual([failure.ok, failure.why, failure.from], [false, why, "/x"]);
  });
}

test("denied links are counted by the lines that say so", () => {
  const lines = [
    "ls: cannot read symbolic link '/proc/1/ns/net': Permission denied",
    "ls: cannot open directory '/proc/1/fd/': Permission denied",
    "ls: cannot read symbolic link '/proc/77/ns/net': No such file or directory",
  ];
  assert.equal(countDenied(`${lines.join("\n")}\n`), 2);
});
