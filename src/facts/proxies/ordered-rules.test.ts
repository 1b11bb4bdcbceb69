import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { type OrderedRule, toLocations } from "./ordered-rules.ts";
import { covers } from "./path-sets.ts";
import type { Passing, PathMatch, Protection } from "./proxy.ts";

const PASSING: Passing = {
  host: null,
  authorization: null,
  buffered: null,
  httpVersion: null,
  silenceMs: null,
  bodyLimitBytes: null,
  allowsOrigins: null,
};
const PATHS: readonly PathMatch[] = [
  { kind: "all" },
  { kind: "prefix", text: "/api/" },
  { kind: "prefix", text: "/api/v/" },
  { kind: "exact", text: "/api/tags" },
  { kind: "exact", text: "/health" },
  { kind: "prefix", text: "/ui/" },
];
const ASKED = ["/", "/api/x", "/api/tags", "/api/v/y", "/health", "/ui/z"];
const KEY: Protection = { kind: "bearer" };

const rule: fc.Arbitrary<Pick<OrderedRule, "paths" | "except" | "showing" | "lacking" | "ends">> = fc.record({
  paths: fc.constantFrom(...PATHS),
  except: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...PATHS.slice(1)), { maxLength: 2 }) },
  ),
  showing: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant([KEY]) }),
  lacking: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant([[KEY]]) }),
  ends: fc.constantFrom("refused", "handed"),
});

/** How somebody without a key fares who walks down the list; null: nobody takes the request. */
function walk(rules: readonly OrderedRule[], path: string): string | null {
  const asked: PathMatch = { kind: "exact", text: path };
  for (const each of rules) {
    const isMeant = covers(each.paths, asked) && !each.except.some((except) => covers(except, asked));
    if (isMeant && each.showing.length === 0) return each.ends === "handed" ? toName(each) : null;
  }
  return null;
}

function toName({ upstreams: [first] }: Pick<OrderedRule, "upstreams">): string {
  return first?.kind === "tcp" ? first.host : "none";
}

test("locations let in without a key exactly who is let in by the list", () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), (drawn) => {
      const rules = drawn.map((each, index): OrderedRule => ({
        ...each,
        // Who is handed on for lack of a key is handed on like everybody.
        lacking: each.ends === "handed" ? [] : each.lacking,
        methods: null,
        upstreams: each.ends === "handed" ? [{ kind: "tcp", host: `u${index}`, port: 1, tls: false }] : [],
        replacesPath: null,
        passing: PASSING,
        source: { file: "", line: null, text: "" },
      }));
      const locations = toLocations(rules);
      for (const path of ASKED) {
        const met = locations.find(({ paths }) => covers(paths, { kind: "exact", text: path }));
        const isOpen = met !== undefined && met.protections.length === 0 && met.upstreams.length > 0;
        assert.equal(isOpen ? toName(met) : null, walk(rules, path), path);
      }
    }),
    { numRuns: 3_000 },
  );
});
