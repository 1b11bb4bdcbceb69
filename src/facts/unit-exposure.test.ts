import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseUnitExposure } from "./unit-exposure.ts";

// systemd 252 and 257, the last lines.
const CASES: readonly (readonly [text: string, score: number | null])[] = [
  [
    "✗ UMask=  Files created by service are world-readable  0.1\n\n→ Overall exposure level for ollama.service: 9.2 UNSAFE 😨\n",
    9.2,
  ],
  ["→ Overall exposure level for ollama.service: 10.0 DANGEROUS\n", 10],
  ["-> Overall exposure level for ollama.service: 4.1 OK :-)\n", 4.1],
  ["Unit ollama.service not found.\n", null],
];

for (const [text, score] of CASES) {
  test(`${text.trim().split("\n").at(-1)} is ${score}`, () => assert.equal(parseUnitExposure(text), score));
}

test("random text does not throw", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseUnitExposure(text)));
});
