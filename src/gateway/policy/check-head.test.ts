import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { checkHead } from "./check-head.ts";

type Lines = readonly (readonly [string, string])[];

const HOST: Lines = [["Host", "gateway:11435"]];

function check(method: string, lines: Lines, httpVersion = "1.1"): string {
  const refusal = checkHead({ method, target: "/api/chat", rawHeaders: lines.flat(), peer: "192.0.2.7" }, httpVersion);
  return refusal === null ? "fine" : `${refusal.status} ${refusal.code}`;
}

test("the heads of the official clients are fine", () => {
  const lines: Lines = [
    ...HOST,
    ["Accept", "application/json"],
    ["Content-Type", "application/json"],
    ["User-Agent", "OpenAI/JS 6.49.0"],
    ["X-Stainless-Lang", "js"],
    ["anthropic-version", "2023-06-01"],
    ["Authorization", "Bearer x"],
    ["Accept-Encoding", "gzip, deflate, br"],
    ["Content-Length", "20"],
  ];
  assert.equal(check("POST", lines), "fine");
});

test("case 48: a length is said once, in digits, and never beside a transfer encoding", () => {
  const cases: readonly (readonly [Lines, string])[] = [
    [[["Content-Length", "2"]], "fine"],
    [[["Content-Length", "0"]], "fine"],
    [
      [
        ["content-length", "2"],
        ["Content-Length", "2"],
      ],
      "400 bad-framing",
    ],
    [
      [
        ["Content-Length", "2"],
        ["Content-Length", "3"],
      ],
      "400 bad-framing",
    ],
    [[["Content-Length", "2, 2"]], "400 bad-framing"],
    [[["Content-Length", "+2"]], "400 bad-framing"],
    [[["Content-Length", "-2"]], "400 bad-framing"],
    [[["Content-Length", "0x2"]], "400 bad-framing"],
    [[["Content-Length", ""]], "400 bad-framing"],
    [[["Content-Length", " 2"]], "400 bad-framing"],
    [[["Content-Length", "2e1"]], "400 bad-framing"],
    [[["Content-Length", "9".repeat(30)]], "400 bad-framing"],
    [
      [
        ["Content-Length", "2"],
        ["Transfer-Encoding", "chunked"],
      ],
      "400 bad-framing",
    ],
    [
      [
        ["Transfer-Encoding", "chunked"],
        ["Content-Length", "2"],
      ],
      "400 bad-framing",
    ],
  ];
  for (const [lines, answer] of cases) assert.equal(check("POST", [...HOST, ...lines]), answer, JSON.stringify(lines));
});

test("case 49: the only transfer encoding is `chunked`, on HTTP/1.1", () => {
  const cases: readonly (readonly [Lines, string, string])[] = [
    [[["Transfer-Encoding", "chunked"]], "1.1", "fine"],
    [[["Transfer-Encoding", "Chunked"]], "1.1", "fine"],
    [[["Transfer-Encoding", "chunked"]], "1.0", "400 bad-framing"],
    [[["Transfer-Encoding", "xchunked"]], "1.1", "400 bad-framing"],
    [[["Transfer-Encoding", "gzip, chunked"]], "1.1", "400 bad-framing"],
    [[["Transfer-Encoding", "chunked, identity"]], "1.1", "400 bad-framing"],
    [[["Transfer-Encoding", "identity"]], "1.1", "400 bad-framing"],
    [[["Transfer-Encoding", ""]], "1.1", "400 bad-framing"],
    [
      [
        ["Transfer-Encoding", "chunked"],
        ["transfer-encoding", "chunked"],
      ],
      "1.1",
      "400 bad-framing",
    ],
    [[["Transfer-Encoding", "chunked\u000b"]], "1.1", "400 bad-framing"],
  ];
  for (const [lines, version, answer] of cases)
    assert.equal(check("POST", [...HOST, ...lines], version), answer, JSON.stringify(lines));
});

test("case 51: one Host, which is a name or an address", () => {
  for (const host of [
    "localhost",
    "localhost:11434",
    "gateway.example",
    "compose_gateway_1:11435",
    "gateway.example.",
    "10.0.0.1:80",
    "[::1]",
    "[2001:db8::1]:443",
    "a",
  ]) {
    assert.equal(check("GET", [["Host", host]]), "fine", host);
  }
  for (const host of [
    "",
    " ",
    "a/b",
    "a?b",
    "a#b",
    "user@a",
    "a b",
    "a:b",
    "a:",
    "a:80:80",
    "-a",
    "[::1",
    "::1",
    "a,b",
    "a\\b",
    "http://a",
    "ä",
    "a:123456",
    "[::1]x",
  ]) {
    assert.equal(check("GET", [["Host", host]]), "400 bad-host", host);
  }
  assert.equal(check("GET", []), "400 bad-host");
  assert.equal(check("GET", [...HOST, ["host", "gateway:11435"]]), "400 bad-host");
});

test("case 27: GET and HEAD have no body", () => {
  for (const method of ["GET", "HEAD"]) {
    assert.equal(check(method, [...HOST, ["Content-Length", "2"]]), "400 unexpected-body");
    assert.equal(check(method, [...HOST, ["Transfer-Encoding", "chunked"]]), "400 unexpected-body");
    assert.equal(check(method, [...HOST, ["Content-Length", "0"]]), "fine");
  }
  assert.equal(check("DELETE", [...HOST, ["Content-Length", "2"]]), "fine");
});

test("case 28: no header stands in for the method", () => {
  for (const name of ["X-HTTP-Method-Override", "x-http-method-override", "X-HTTP-Method", "X-Method-Override"]) {
    assert.equal(check("POST", [...HOST, [name, "DELETE"]]), "400 method-override", name);
  }
});

test("case 43: a compressed body is refused, however it is packed", () => {
  for (const encoding of ["gzip", "zstd", "br", "deflate", "GZIP", "gzip, gzip", "identity, gzip", "", "x"]) {
    assert.equal(check("POST", [...HOST, ["Content-Encoding", encoding]]), "415 encoding-refused", encoding);
  }
  assert.equal(check("POST", [...HOST, ["Content-Encoding", "identity"]]), "fine");
});

test("case 46: the only expectation is 100-continue", () => {
  assert.equal(check("POST", [...HOST, ["Expect", "100-continue"]]), "fine");
  assert.equal(check("POST", [...HOST, ["Expect", "100-Continue"]]), "fine");
  for (const value of ["", "200-ok", "100-continue, x"])
    assert.equal(check("POST", [...HOST, ["Expect", value]]), "400 bad-expectation");
});

test("case 50: a name with a blank, a colon, a control character or nothing in it is refused", () => {
  for (const name of ["", " ", "a ", " a", "a b", "a:", "a\t", "a\u0000", "ä", "(a)", "a\r\nb", "1a", "-a", "a.b"]) {
    assert.equal(check("GET", [...HOST, [name, "x"]]), "400 bad-header", JSON.stringify(name));
  }
});

test("case 51: a few hundred headers are too many", () => {
  const many = (count: number): Lines => Array.from({ length: count }, (_, index) => [`X-${index}`, "y"]);
  assert.equal(check("GET", [...HOST, ...many(99)]), "fine");
  assert.equal(check("GET", [...HOST, ...many(100)]), "431 too-many-headers");
  assert.equal(check("GET", [...HOST, ...many(2500)]), "431 too-many-headers");
});

test("case 55: an underscore makes no other name of a header", () => {
  for (const name of ["X_Forwarded_User", "Content_Length", "transfer_encoding", "x_api_key"]) {
    assert.equal(check("GET", [...HOST, [name, "x"]]), "400 bad-header", name);
  }
});

test("what may stand once stands once", () => {
  for (const name of ["Content-Type", "Content-Encoding", "Expect", "Origin", "Upgrade"]) {
    assert.equal(
      check("POST", [...HOST, [name, "identity"], [name.toLowerCase(), "identity"]]),
      "400 duplicate-header",
      name,
    );
  }
});

test("no other protocol is spoken, but Java's offer of one is passed over", () => {
  for (const value of ["websocket", "TLS/1.0", "h2c, websocket", ""]) {
    assert.equal(check("GET", [...HOST, ["Upgrade", value]]), "400 upgrade-refused", value);
  }
  assert.equal(
    check("GET", [
      ...HOST,
      ["Connection", "Upgrade, HTTP2-Settings"],
      ["Upgrade", "h2c"],
      ["HTTP2-Settings", "AAMAAABk"],
    ]),
    "fine",
  );
});

test("random headers never throw", () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom("host", "content-length", "transfer-encoding", "expect", "upgrade"),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.string())), fc.string(), (lines, method) => {
      check(method, lines);
    }),
    { numRuns: 3000 },
  );
  assert.doesNotThrow(() => checkHead({ method: "GET", target: "/", rawHeaders: ["Host"], peer: "" }, "1.1"));
});
