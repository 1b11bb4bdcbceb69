import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseRequestPattern } from "./request-patterns.ts";

const CASES: readonly (readonly [what: string, pattern: string, told: string | null])[] = [
  ["a path, with or without a query", String.raw`^GET /api/tags(?:\?|$)`, "GET exact /api/tags /api/tags"],
  ["the same as Caddy has it", "^POST /api/chat(?:[?].*)?$", "POST exact /api/chat /api/chat"],
  ["the root", String.raw`^HEAD /(?:\?|$)`, "HEAD exact / /"],
  ["escaped characters", String.raw`^GET /v1\.0/models$`, "GET exact /v1.0/models /v1.0/models"],
  [
    "a name at the end, held fast",
    String.raw`^GET (?<name>/v1/models/[\w.]{1,9})(?:\?|$)`,
    String.raw`GET pattern ^/v1/models/[\w.]{1,9}$ /v1/models`,
  ],
  ["any method", String.raw`^[A-Z]+ /api/tags(?:\?|$)`, null],
  ["what may end anywhere", "^GET /api/tags", null],
  ["what may begin anywhere", "GET /api/tags$", null],
];

for (const [what, pattern, told] of CASES) {
  test(`an expression over the request line: ${what}`, () => {
    const read = parseRequestPattern(pattern);
    const { methods, paths, beginning } = read ?? { methods: [], paths: { kind: "all" } as const, beginning: "" };
    const text = paths.kind === "all" ? "" : `${methods?.join(" ")} ${paths.kind} ${paths.text} ${beginning}`;
    assert.equal(read === null ? null : text, told);
  });
}

test("whatever is read of an expression takes only what the expression takes", () => {
  const paths = fc.stringMatching(/^\/[a-z/]{0,12}$/);
  fc.assert(
    fc.property(paths, paths, (path, asked) => {
      const pattern = `^GET ${path}(?:\\?|$)`;
      const read = parseRequestPattern(pattern);
      assert.ok(read?.paths.kind === "exact");
      assert.equal(read.paths.text === asked, new RegExp(pattern).test(`GET ${asked}`));
    }),
  );
});
