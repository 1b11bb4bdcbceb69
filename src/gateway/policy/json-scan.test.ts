import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type JsonProblem, type JsonValue, scanJson, type Step } from "./json-scan.ts";

const encoder = new TextEncoder();

function scan(text: string | Uint8Array): JsonProblem | null {
  return scanJson(typeof text === "string" ? encoder.encode(text) : text, () => true);
}

function isTakenByJsonParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Builds the value anew from what the scanner tells, to be held against what JSON.parse makes of the text. */
function listMembers(text: string): readonly (readonly [string, JsonValue])[] {
  const members: (readonly [string, JsonValue])[] = [];
  const problem = scanJson(encoder.encode(text), (path, value) => {
    members.push([JSON.stringify(path), value]);
    return true;
  });
  assert.equal(problem, null);
  return members;
}

function listExpected(value: unknown, path: readonly Step[] = []): readonly (readonly [string, JsonValue])[] {
  const name = JSON.stringify(path);
  if (typeof value === "string") return [[name, { kind: "string", text: value }]];
  if (typeof value === "number") return [[name, { kind: "number", value }]];
  if (typeof value === "boolean") return [[name, { kind: "boolean", value }]];
  if (Array.isArray(value)) {
    return [[name, { kind: "array" }], ...value.flatMap((element) => listExpected(element, [...path, null]))];
  }
  if (typeof value !== "object" || value === null) return [[name, { kind: "null" }]];
  return [
    [name, { kind: "object" }],
    ...Object.entries(value).flatMap(([key, member]) => listExpected(member, [...path, key])),
  ];
}

test("tells of exactly the values that JSON.parse finds, where they stand", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), fc.constantFrom(0, 1, "\t"), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const parsed: unknown = JSON.parse(text);
      assert.deepEqual(listMembers(text), listExpected(parsed));
    }),
    { numRuns: 2000 },
  );
});

test("takes what JSON.parse takes and nothing else, for texts that were damaged", () => {
  const damage = fc.record({
    value: fc.jsonValue({ maxDepth: 3 }),
    at: fc.nat(),
    cut: fc.nat(3),
    put: fc.constantFrom(
      "",
      "\\",
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "0",
      "-",
      ".",
      "e",
      "\u0000",
      " ",
      "\n",
      "\\u12",
      "nul",
      "é",
      "\ufeff",
    ),
  });
  fc.assert(
    fc.property(damage, ({ value, at, cut, put }) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      const damaged = text.slice(0, place) + put + text.slice(place + cut);
      fc.pre(damaged.isWellFormed());
      assert.equal(scan(damaged) === null, isTakenByJsonParse(damaged), damaged);
    }),
    { numRuns: 5000 },
  );
});

test("takes exactly the UTF-8 that a strict decoder takes", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const isUtf8 = (bytes: Uint8Array): boolean => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const inString = (bytes: readonly number[]): Uint8Array => Uint8Array.from([0x22, ...bytes, 0x22]);
  for (let lead = 0x80; lead <= 0xff; lead += 1) {
    for (let second = 0x70; second <= 0xff; second += 1) {
      for (const rest of [[], [0x80], [0x80, 0xbf], [0x7f, 0x80], [0x80, 0xc0]]) {
        const bytes = inString([lead, second, ...rest].filter((byte) => byte !== 0x22));
        if ((scan(bytes) === null) !== isUtf8(bytes)) assert.fail(bytes.join(" "));
      }
    }
  }
});

test("case 42: 200 levels are read, and a thousand are refused without a stack overflow", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const nest = (levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`;
    assert.equal(scan(nest(200)), null);
    assert.equal(scan(nest(1000)), "too-deep");
    assert.equal(scan(open.repeat(5_000_000)), "too-deep");
  }
});

test("case 42: a byte order mark, a second value and what JSON does not have are refused", () => {
  const cases = [
    "\ufeff{}",
    "{} {}",
    "{}x",
    "{}\u0000",
    "NaN",
    '{"a":NaN}',
    "Infinity",
    "+1",
    "01",
    "1.",
    ".5",
    "1e",
    "0x10",
    "'a'",
    "{a:1}",
    "[1,]",
    '{"a":1,}',
    "{,}",
    "// note\n{}",
    '"a\nb"',
    '"\\x41"',
    '"\\u00g0"',
    '"\\u{41}"',
    "tru",
    "",
    " ",
    '"',
    '{"a"',
    "undefined",
  ];
  for (const text of cases) assert.equal(scan(text), "malformed", text);
});

test("case 42: a string of 32 MB is passed over and never held as text", () => {
  const bytes = new Uint8Array(32 * 1024 * 1024).fill(0x61);
  bytes.set(encoder.encode('{"model":"a","prompt":"'));
  bytes.set(encoder.encode('"}'), bytes.length - 2);
  const told: string[] = [];
  assert.equal(
    scanJson(bytes, (path, value) => {
      told.push(`${path.join(".")} ${value.kind === "string" ? value.text : value.kind}`);
      return true;
    }),
    null,
  );
  assert.deepEqual(told, [" object", "model a", "prompt null"]);
});

test("looks at each byte once: the values told grow as the text does", () => {
  const counts = [250, 500, 1000].map((count) => {
    let reads = 0;
    const bytes = encoder.encode(`[${'{"a":[1,"b\\n",null]},'.repeat(count)}0]`);
    const watched = new Proxy(bytes, {
      get: (target, name) => {
        if (typeof name === "string" && /^\d+$/.test(name)) reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    assert.equal(
      scanJson(watched, () => false),
      null,
    );
    return reads / bytes.length;
  });
  for (const perByte of counts) assert.ok(perByte < 6, `${perByte} reads for a byte`);
  assert.ok(Math.max(...counts) / Math.min(...counts) < 1.05, counts.join(" "));
});

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      scan(bytes);
    }),
    { numRuns: 5000 },
  );
});
