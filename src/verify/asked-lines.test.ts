import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseAsked } from "./asked-lines.ts";

const SEEN = [
  "direct s 23:59:59.990000",
  "direct d 00:00:00.010000 120",
  "direct d 00:00:00.010500 120",
  "direct d 00:00:00.050000 120",
  "direct d 00:00:00.060000 5",
  "direct w 200",
  "site w 401",
  "l 0 1764329000 30203020203132372e302e302e313a31203132372e302e302e313a320a09206279746573",
].join("\n");

test("a call over midnight; what comes at once is one moment, and the end of a body none", () => {
  const { direct } = parseAsked(SEEN).calls;
  assert.equal(direct.status, 200);
  assert.equal(direct.firstAfter?.toFixed(3), "0.020");
  assert.equal(direct.moments, 2);
  assert.equal(direct.span.toFixed(3), "0.040");
});

test("a call that was refused, and one that was not made", () => {
  const { site, long } = parseAsked(SEEN).calls;
  assert.deepEqual(site, { status: 401, firstAfter: null, moments: 0, span: 0 });
  assert.deepEqual(long, { status: null, firstAfter: null, moments: 0, span: 0 });
});

const LOOKS: readonly (readonly [what: string, text: string, received: readonly (readonly [string, number])[]])[] = [
  ["no connection", "", []],
  [
    "a line of each connection, and one of what is known of it",
    "0 0 127.0.0.1:50000 127.0.0.1:11434\n\t cubic rto:204 bytes_received:1234 segs_in:3\n" +
      "0 0 [::1]:50002 [::1]:11434\n\t cubic bytes_received:9\n",
    [
      ["127.0.0.1:50000 127.0.0.1:11434", 1234],
      ["[::1]:50002 [::1]:11434", 9],
    ],
  ],
  ["an ss that does not tell how much", "0 0 127.0.0.1:1 127.0.0.1:2\n", [["127.0.0.1:1 127.0.0.1:2", 0]]],
];
for (const [what, text, received] of LOOKS) {
  test(`a look at ${what}`, () => {
    const { looks } = parseAsked(`l 0 17 ${Buffer.from(text).toString("hex")}`);
    assert.deepEqual(
      looks.map((look) => [look.at, [...look.received]]),
      [[17, received]],
    );
  });
}

test("a look that was cut off is none", () => {
  assert.deepEqual(parseAsked(`l 0 17 ${"20".repeat(16_384)}`).looks, []);
});

test("random text does not throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("l", "d", "w", "s", "direct", " ", "\n", "0", "9", "a", ":") }),
      (text) => {
        assert.ok(parseAsked(text).looks.length <= text.split("\n").length);
      },
    ),
  );
});
