import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BodyFacts, Route } from "./decision.ts";
import { readBody } from "./read-body.ts";
import { ROUTES } from "./routes.ts";

function find(id: string): Route {
  const route = ROUTES.find((route) => route.id === id);
  assert.ok(route !== undefined, id);
  return route;
}

function read(id: string, body: string | Uint8Array, contentType: string | null = null): BodyFacts | string {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const reading = readBody(find(id), contentType, bytes);
  return reading.ok ? reading.facts : reading.refusal.code;
}

function part(head: string, content: string): string {
  return `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
}

const AUDIO = "POST /v1/audio/transcriptions";
const FORM = "multipart/form-data; boundary=b";
const MODEL = part('name="model"', "whisper");
const FILE = part('name="file"; filename="a.wav"\r\nContent-Type: audio/wav', "RIFF\u0000\u00ff\r\n\r\n--x");
const END = "--b--\r\n";

test("reads of a chat what a policy looks at", () => {
  const body =
    '{"model":"llama3.2","messages":[{"role":"user","content":"model"}],"options":{"num_ctx":8192},"keep_alive":"5m"}';
  assert.deepEqual(read("POST /api/chat", body), {
    models: ["llama3.2"],
    grants: [],
    streams: true,
    contextTokens: 8192,
    keepAliveSeconds: 300,
  });
});

test("a stream is what the API has by default, or what is said", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["POST /api/generate", "", true],
    ["POST /api/chat", ',"stream":false', false],
    ["POST /api/chat", ',"stream":null', true],
    ["POST /api/pull", "", true],
    ["POST /api/show", ',"stream":true', false],
    ["POST /api/embed", "", false],
    ["POST /v1/chat/completions", "", false],
    ["POST /v1/chat/completions", ',"stream":true', true],
    ["POST /v1/responses", ',"stream":true', true],
    ["POST /v1/messages", ',"stream":true', true],
    ["POST /v1/messages", "", false],
  ];
  for (const [id, extra, streams] of cases) {
    const facts = read(id, `{"model":"a"${extra}}`);
    assert.equal(typeof facts === "string" ? facts : facts.streams, streams, id + extra);
  }
});

test("case 42: the content type makes no body anything else than JSON", () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", FORM, "", null]) {
    const facts = read("POST /api/chat", '{"model":"a"}', type);
    assert.deepEqual(typeof facts === "string" ? facts : facts.models, ["a"]);
  }
});

test("case 42: bodies that readers could take differently are refused", () => {
  const cases: readonly (readonly [string | Uint8Array, string])[] = [
    ['\ufeff{"model":"a"}', "bad-body"],
    ['{"model":"a"}{"model":"b"}', "bad-body"],
    ['{"model":"a"}\n\n x', "bad-body"],
    ['{"model":"a","x":NaN}', "bad-body"],
    [Uint8Array.from([...new TextEncoder().encode('{"model":"a'), 0xff, 0x22, 0x7d]), "bad-body"],
    [Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0]), "bad-body"],
    ['{"model":"a","x":1,"x":2}', "duplicate-field"],
    ['{"model":"a","X":1,"x":2}', "duplicate-field"],
    ['{"model":"a","me\u017fsages":[],"messages":[]}', "duplicate-field"],
    ['{"model":"a","\u017ftream":true}', "misspelt-field"],
    ['{"model":"a","STREAM":true}', "misspelt-field"],
    ['{"model":"a","stream":"false"}', "bad-field"],
    ['{"model":"a","keep_alive":true}', "bad-field"],
    [`{"model":"${"a".repeat(5000)}"}`, "bad-model-name"],
    [`{"model":"a",${Array.from({ length: 300 }, (_, index) => `"f${index}":1`).join(",")}}`, "body-too-deep"],
    [`{"model":"a","x":${"[".repeat(300)}${"]".repeat(300)}}`, "body-too-deep"],
  ];
  for (const [body, code] of cases) assert.equal(read("POST /api/chat", body), code, String(body));
});

test("case 42: a body with 200 levels is read", () => {
  const facts = read("POST /api/chat", `{"x":${"[".repeat(199)}${"]".repeat(199)},"model":"a"}`);
  assert.deepEqual(typeof facts === "string" ? facts : facts.models, ["a"]);
});

test("no text of a field hides the model or makes up another", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      fc.string({ minLength: 1 }),
      (fields, model) => {
        const body = JSON.stringify({ ...fields, model });
        const facts = read("POST /v1/chat/completions", body);
        // What is left are the names that are refused in any case: fields of the policy with random values.
        if (typeof facts !== "string") assert.deepEqual(facts.models, [model]);
        else
          assert.match(facts, /^(?:duplicate-field|misspelt-field|bad-field|bad-body|body-too-deep|bad-model-name)$/);
      },
    ),
    { numRuns: 2000 },
  );
});

test("case 39: the model of a form is read wherever it stands", () => {
  for (const body of [MODEL + FILE + END, FILE + MODEL + END, `${MODEL}${FILE}--b--`]) {
    const facts = read(AUDIO, body, FORM);
    assert.deepEqual(typeof facts === "string" ? facts : facts.models, ["whisper"], body);
  }
});

test("case 39: forms as the client libraries write them are read", async () => {
  const form = new FormData();
  form.set("file", new Blob(["RIFF"], { type: "audio/wav" }), 'a "quoted" ü.wav');
  form.set("model", "whisper:latest");
  form.set("timestamp_granularities[]", "word");
  const request = new Request("http://x/", { method: "POST", body: form });
  const bytes = new Uint8Array(await request.arrayBuffer());
  const facts = read(AUDIO, bytes, request.headers.get("content-type"));
  assert.deepEqual(typeof facts === "string" ? facts : facts.models, ["whisper:latest"]);
});

test("case 39: values without quotes are read, as .NET writes them", () => {
  const file =
    "--b\r\nContent-Type: audio/wav\r\nContent-Disposition: form-data; name=file; filename=a.wav; filename*=utf-8''a.wav\r\n\r\nx\r\n";
  const facts = read(AUDIO, file + part("name=model", "whisper") + END, FORM);
  assert.deepEqual(typeof facts === "string" ? facts : facts.models, ["whisper"]);
});

test("case 39: forms that readers could take differently are refused", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["two models", MODEL + MODEL + END, "duplicate-field"],
    ["a control character in a header", part('name="file"; filename="a\u0000"', "a") + MODEL + END, "bad-form"],
    ["two models around a file", MODEL + FILE + part('name="model"', "b") + END, "duplicate-field"],
    ["no model", FILE + END, "model-missing"],
    ["an empty model", part('name="model"', "") + END, "model-missing"],
    ["the model in another case", part('name="Model"', "a") + END, "misspelt-field"],
    ["the model as a file", part('name="model"; filename="m"', "a") + END, "bad-field"],
    ["the model as a file without a name", part('name="model"; filename=""', "a") + END, "bad-field"],
    ["the model as a file without quotes", part("name=model; filename=m", "a") + END, "bad-field"],
    [
      "the model as a file with a name in RFC 2231 form",
      part("name=model; filename*=utf-8''m", "a") + END,
      "bad-field",
    ],
    ["a name that ends nowhere", part('name="model', "a") + END, "bad-form"],
    ["a name in RFC 2231 form", part("name*=utf-8''model", "a") + END, "bad-form"],
    ["two names", part('name="x"; name="model"', "a") + END, "bad-form"],
    ["two dispositions", part('name="x"\r\nContent-Disposition: form-data; name="model"', "a") + END, "bad-form"],
    ["a folded header", part('name="x";\r\n name="model"', "a") + END, "bad-form"],
    ["quoted-printable", part('name="model"\r\nContent-Transfer-Encoding: quoted-printable', "=61") + END, "bad-form"],
    ["an unknown header", part('name="model"\r\nX-Name: y', "a") + END, "bad-form"],
    ["text before the first boundary", `note\r\n${MODEL}${END}`, "bad-form"],
    ["text behind the last", `${MODEL}${END}${MODEL}`, "bad-form"],
    ["a boundary with blanks behind it", `${MODEL}--b \r\n${part('name="x"', "y").slice(5)}${END}`, "bad-form"],
    ["a boundary that goes on", `${part('name="x"', "\r\n--bc\r\n")}${MODEL}${END}`, "bad-form"],
    ["bare line feeds", (MODEL + END).replaceAll("\r\n", "\n"), "bad-form"],
    ["one bare line feed", part('name="x"', `y\n${MODEL.trimEnd()}`) + END, "bad-form"],
    ["no end", MODEL, "bad-form"],
    ["nothing", "", "bad-form"],
    ["only the end", END, "model-missing"],
    ["too many parts", part('name="x"', "y").repeat(80) + MODEL + END, "bad-form"],
    ["a name that is too long", part('name="model"', "a".repeat(5000)) + END, "bad-model-name"],
  ];
  for (const [what, body, code] of cases) assert.equal(read(AUDIO, body, FORM), code, what);
});

test("case 39: a boundary is said once and plainly, or the form is refused", () => {
  const types = [
    null,
    "",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/mixed; boundary=b",
    "multipart/form-data; boundary=b; boundary=c",
    "multipart/form-data; charset=x; boundary=b",
    "multipart/form-data; boundary*=b",
    "application/x-www-form-urlencoded",
    'multipart/form-data; boundary="b',
    `multipart/form-data; boundary=${"b".repeat(71)}`,
  ];
  for (const type of types) assert.equal(read(AUDIO, MODEL + END, type), "multipart-expected", type ?? "none");
  for (const type of [FORM, 'multipart/form-data; boundary="b"', "Multipart/Form-Data;boundary=b"]) {
    assert.equal(typeof read(AUDIO, MODEL + END, type), "object", type);
  }
});

test("random bytes never throw, in either form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, type) => {
      read("POST /api/chat", bytes, type);
      read(AUDIO, bytes, FORM);
      read(AUDIO, Uint8Array.from([...new TextEncoder().encode("--b\r\n"), ...bytes]), FORM);
    }),
    { numRuns: 3000 },
  );
});
