import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRunDelayMs, readRunDelayMs } from "./run-delay.ts";

for (const [text, milliseconds] of [
  ["231880711 4250000 412\n", 4.25],
  ["0 0 0\n", 0],
  ["", 0],
  ["-1 -2 -3", 0],
  ["something else", 0],
] as const) {
  test(`a wait for the processor: ${JSON.stringify(text)}`, () => assert.equal(parseRunDelayMs(text), milliseconds));
}

test("this process has waited for some time, or the kernel does not say", () => {
  assert.ok(readRunDelayMs() >= 0);
  assert.ok(Number.isFinite(readRunDelayMs()));
});
