import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoDuration } from "./go-duration.ts";

test("reads durations as Go does", () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ["5m", 300],
    ["1h30m", 5400],
    ["1.5h", 5400],
    [".5s", 0.5],
    ["1.s", 1],
    ["300ms", 0.3],
    ["+5m", 300],
    ["-1m", -60],
    ["0", 0],
    ["-0", 0],
    ["+0", 0],
    ["0s", 0],
    ["1µs", 1e-6],
    ["1μs", 1e-6],
    ["24h", 86_400],
    ["", null],
    ["-", null],
    ["5", null],
    ["m", null],
    [".s", null],
    ["5 m", null],
    ["5m ", null],
    ["5M", null],
    ["1d", null],
    ["--5m", null],
    ["5m-1s", null],
    ["1e3s", null],
    [`${"1".repeat(100)}s`, null],
  ];
  for (const [text, seconds] of cases) assert.equal(parseGoDuration(text), seconds, text);
});
