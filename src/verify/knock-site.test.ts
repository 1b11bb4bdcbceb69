import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseKnocked } from "./knock-site.ts";
import type { Outcome } from "./proofs.ts";

const CASES: readonly (readonly [what: string, line: string, outcome: Outcome | undefined])[] = [
  ["refused by the site", "0 401 0", { kind: "answered", status: 401, isModelServer: false }],
  ["answered, and broken off in the body", "0 200 28", { kind: "answered", status: 200, isModelServer: false }],
  ["waited for the body", "0 000 28", { kind: "timeout", detail: "curl 28" }],
  ["nobody listens", "0 000 7", { kind: "refused", detail: "curl 7" }],
  ["no handshake", "0 000 35", { kind: "tls-failed", detail: "curl 35" }],
  ["hung up", "0 000 52", { kind: "closed", detail: "curl 52" }],
  ["another failure of curl's", "0 000 77", { kind: "not-possible", detail: "curl 77" }],
  ["of another request", "1 401 0", undefined],
  ["no line of the script's", "0 401 0 and more", undefined],
];

for (const [what, line, outcome] of CASES) {
  test(what, () => assert.deepEqual(parseKnocked(`${line}\n`).get(0), outcome));
}

test("whatever comes back is read without an error", () => {
  fc.assert(fc.property(fc.string(), (text) => parseKnocked(text).size >= 0));
});
