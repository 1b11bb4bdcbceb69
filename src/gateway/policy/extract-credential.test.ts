import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Credential } from "../keys/caller.ts";
import { extractCredential } from "./extract-credential.ts";

type Lines = readonly (readonly [string, string])[];

const KEY = "pl_3f9a0c1d_9XkQz7";

function extract(lines: Lines, target = "/api/chat", method = "POST"): Credential {
  return extractCredential({ method, target, rawHeaders: lines.flat(), peer: "192.0.2.7" });
}

/** The secret, or `none`, or `401 unauthenticated`. */
function tell(credential: Credential): string {
  switch (credential.kind) {
    case "none":
      return "none";
    case "secret":
      return credential.secret;
    case "signed":
      return credential.signedText;
    case "refused":
      return `${credential.refusal.status} ${credential.refusal.code}`;
  }
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

test("a key is taken from a bearer, from x-api-key and from the password of basic authentication", () => {
  const ways: readonly Lines[] = [
    [["Authorization", `Bearer ${KEY}`]],
    [["authorization", `Bearer ${KEY}`]],
    [["X-Api-Key", KEY]],
    [["Authorization", basic(`alice:${KEY}`)]],
    [["Authorization", basic(`:${KEY}`)]],
    [
      ["Authorization", `Bearer ${KEY}`],
      ["x-api-key", KEY],
    ],
  ];
  for (const lines of ways) assert.equal(tell(extract(lines)), KEY, JSON.stringify(lines));
  assert.equal(tell(extract([["Authorization", basic("alice:a:b")]])), "a:b");
});

test("an imported password counts together with its user, so that both are told", () => {
  const credential = extract([["Authorization", basic("alice:a:b")]]);
  assert.deepEqual(credential, { kind: "secret", secret: "a:b", user: "alice" });
  assert.deepEqual(extract([["Authorization", `Bearer ${KEY}`]]), { kind: "secret", secret: KEY });
});

test("cases 1 and 9: no key is none, also where a query or a cookie has one", () => {
  assert.equal(tell(extract([])), "none");
  assert.equal(tell(extract([["Cookie", `key=${KEY}`]], `/api/chat?api_key=${KEY}&key=${KEY}`)), "none");
  assert.equal(tell(extract([["Proxy-Authorization", `Bearer ${KEY}`]])), "none");
});

test("case 2: an empty bearer, and every other way of not saying a key, is 401", () => {
  const values = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  ",
    "Basic",
    "Basic ",
    "Basic !",
    basic("alice"),
    basic(""),
    basic("alice:"),
  ];
  for (const value of [...values, "Digest x", "Negotiate x", KEY, `Token ${KEY}`, `Bearer:${KEY}`]) {
    assert.equal(tell(extract([["Authorization", value]])), "401 unauthenticated", value);
  }
  assert.equal(tell(extract([["x-api-key", ""]])), "401 unauthenticated");
});

test("case 3: the scheme's case does not matter, the key's does", () => {
  for (const scheme of ["bearer", "BEARER", "Bearer", "bEARER"])
    assert.equal(tell(extract([["Authorization", `${scheme} ${KEY}`]])), KEY);
  assert.equal(tell(extract([["Authorization", basic(`alice:${KEY}`).replace("Basic", "bASIC")]])), KEY);
});

test("cases 4 and 6: a key is taken as it came, and nothing makes it another", () => {
  for (const text of [KEY.toUpperCase(), KEY.slice(1), `${KEY}x`, `"${KEY}"`, `${KEY},${KEY}`]) {
    assert.equal(tell(extract([["Authorization", `Bearer ${text}`]])), text);
  }
});

test("case 5: a blank or a control character in or behind a key is 401", () => {
  for (const text of [
    `${KEY} `,
    `${KEY}\t`,
    `${KEY}\u0000`,
    ` ${KEY}`,
    `${KEY} ${KEY}`,
    `${KEY}\u007f`,
    `${KEY}\r\nX: y`,
    `${KEY}\u00a0`,
  ]) {
    assert.equal(tell(extract([["Authorization", `Bearer ${text}`]])), "401 unauthenticated", JSON.stringify(text));
    assert.equal(tell(extract([["x-api-key", text]])), "401 unauthenticated", JSON.stringify(text));
    assert.notEqual(tell(extract([["Authorization", basic(`a:${text}`)]])), KEY, JSON.stringify(text));
  }
});

test("the user of basic authentication is told, for a password that was imported", () => {
  const credential = extract([["Authorization", basic("alice:wonderland")]]);
  assert.deepEqual(credential, { kind: "secret", secret: "wonderland", user: "alice" });
  const phrase = extract([["Authorization", basic("alice:correct horse 电池")]]);
  assert.deepEqual(phrase, { kind: "secret", secret: "correct horse 电池", user: "alice" });
  for (const text of ["a\nb", "a\u0000", "\u0085", ""]) {
    assert.equal(
      tell(extract([["Authorization", basic(`alice:${text}`)]])),
      "401 unauthenticated",
      JSON.stringify(text),
    );
  }
  assert.deepEqual(extract([["Authorization", "Bearer wonderland"]]), { kind: "secret", secret: "wonderland" });
});

test("case 7: two Authorization headers are 400 in either order, also where they say the same", () => {
  for (const values of [
    [KEY, "other"],
    ["other", KEY],
    [KEY, KEY],
  ]) {
    const lines: Lines = values.map((value) => ["Authorization", `Bearer ${value}`]);
    assert.equal(tell(extract(lines)), "400 two-credentials");
  }
  assert.equal(
    tell(
      extract([
        ["authorization", `Bearer ${KEY}`],
        ["Authorization", basic(`a:${KEY}`)],
      ]),
    ),
    "400 two-credentials",
  );
  assert.equal(
    tell(
      extract([
        ["x-api-key", KEY],
        ["X-API-KEY", KEY],
      ]),
    ),
    "400 two-credentials",
  );
});

test("case 8: Authorization and x-api-key that differ are 400", () => {
  for (const value of [`Bearer ${KEY}x`, "Bearer ", "Digest x", basic("alice:other")]) {
    assert.equal(
      tell(
        extract([
          ["x-api-key", KEY],
          ["Authorization", value],
        ]),
      ),
      "400 two-credentials",
      value,
    );
  }
  assert.equal(
    tell(
      extract([
        ["x-api-key", KEY],
        ["Authorization", basic(`alice:${KEY}`)],
      ]),
    ),
    KEY,
  );
});

test("an empty x-api-key beside a token says nothing", () => {
  const token: Lines = [["Authorization", `Bearer ${KEY}`]];
  assert.equal(tell(extract([...token, ["x-api-key", ""]])), KEY);
  assert.equal(tell(extract([...token, ["x-api-key", " "]])), "400 two-credentials");
});

test("case 10: a key beyond ASCII is 401", () => {
  for (const text of ["schlüssel", "\u00ff", "钥匙", "key\u0100"]) {
    assert.equal(tell(extract([["Authorization", `Bearer ${text}`]])), "401 unauthenticated", text);
    assert.equal(tell(extract([["x-api-key", text]])), "401 unauthenticated", text);
    // A password that was imported may hold what no key does.
    assert.equal(tell(extract([["Authorization", basic(`a:${text}`)]])), text);
  }
  const noText = `Basic ${Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString("base64")}`;
  assert.equal(tell(extract([["Authorization", noText]])), "401 unauthenticated");
});

test("case 11: SQL, JSON and names of prototypes are keys like any other", () => {
  for (const text of ["'OR'1'='1';--", '{"$gt":""}', "__proto__", "constructor", "../../etc/passwd", "%00"]) {
    assert.equal(tell(extract([["Authorization", `Bearer ${text}`]])), text);
  }
});

test("case 12: a key of a megabyte is 431", () => {
  const long = "a".repeat(1_000_000);
  for (const lines of [
    [["Authorization", `Bearer ${long}`]],
    [["x-api-key", long]],
    [["Authorization", `Basic ${long}`]],
  ] as const) {
    assert.equal(tell(extract(lines)), "431 credential-too-long");
  }
});

/** As Ollama's auth.Sign and api.Client do it, with a key of OpenSSH. */
function signAsOllama(
  method: string,
  path: string,
  ts: string,
): { header: string; isSignedBy: (text: string) => boolean } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const name = Buffer.from("ssh-ed25519");
  const wire = Buffer.concat([Buffer.from([0, 0, 0, name.length]), name, Buffer.from([0, 0, 0, 32]), raw]);
  const signature = sign(null, Buffer.from(`${method},${path}?ts=${ts}`), privateKey);
  return {
    header: `${wire.toString("base64")}:${signature.toString("base64")}`,
    isSignedBy: (text) => verify(null, Buffer.from(text), publicKey, signature),
  };
}

test("what the stock ollama client signs is taken apart for the verifier", () => {
  const { header, isSignedBy } = signAsOllama("POST", "/api/chat", "1732786800");
  const credential = extract([["Authorization", header]], "/api/chat?ts=1732786800");
  assert.ok(credential.kind === "signed");
  assert.equal(credential.signedText, "POST,/api/chat?ts=1732786800");
  assert.ok(isSignedBy(credential.signedText));
  assert.equal(`${credential.publicKey}:${credential.signature}`, header);
});

test("a signature without its time, with more than it, or in another form is 401", () => {
  const { header } = signAsOllama("POST", "/api/chat", "1732786800");
  for (const target of [
    "/api/chat",
    "/api/chat?ts=",
    "/api/chat?ts=x",
    "/api/chat?ts=1&ts=2",
    "/api/chat?a=b&ts=1",
    "/api/chat?ts=1&a=b",
    "/api/chat?ts=-1",
    "/a?b?ts=1",
  ]) {
    assert.equal(tell(extract([["Authorization", header]], target)), "401 unauthenticated", target);
  }
  for (const value of [
    header.slice(0, -1),
    `${header}=`,
    header.replace(":", ""),
    `x${header}`,
    ` ${header}`,
    header.replace(":", "::"),
  ]) {
    assert.equal(tell(extract([["Authorization", value]], "/api/chat?ts=1")), "401 unauthenticated", value);
  }
  assert.equal(
    tell(
      extract(
        [
          ["Authorization", header],
          ["x-api-key", KEY],
        ],
        "/api/chat?ts=1",
      ),
    ),
    "400 two-credentials",
  );
});

test("random headers never throw, and no secret stands in a refusal", () => {
  const value = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Bearer ${text}`),
    fc.base64String().map((text) => `Basic ${text}`),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("authorization", "x-api-key", "Authorization"), value), { maxLength: 3 }),
      fc.string(),
      (lines, target) => {
        const credential = extract(lines, target);
        // An imported password may be written in any script.
        if (credential.kind === "secret") {
          assert.match(credential.secret, credential.user === undefined ? /^[!-~]+$/ : /^\P{Cc}+$/u);
        }
      },
    ),
    { numRuns: 5000 },
  );
});
