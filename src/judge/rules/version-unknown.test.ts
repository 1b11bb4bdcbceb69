import assert from "node:assert/strict";
import { test } from "node:test";
import { ADVISORIES } from "../../servers/ollama/advisory-list.ts";
import { judgedHost } from "./judged-host.fixture.ts";
import { VERSION_UNKNOWN } from "./version-unknown.ts";

test("an Ollama without a version is told, worse where others reach it", () => {
  const severityOn = (routes: Parameters<typeof judgedHost>[0]): string | undefined =>
    VERSION_UNKNOWN.judge(judgedHost({ ...routes, server: { version: null } })).at(0)?.severity;
  assert.equal(severityOn({ routes: ["neighbour open"] }), "medium");
  assert.equal(severityOn({ routes: ["neighbour unknown"] }), "medium");
  assert.equal(severityOn({ routes: ["host open", "neighbour closed"] }), "low");
});

test("it says how many flaws cannot be ruled out", () => {
  const [finding] = VERSION_UNKNOWN.judge(judgedHost({ server: { version: null } }));
  assert.deepEqual(finding?.data, { advisories: ADVISORIES.length });
});

test("a known version, and kinds without advisories, are left alone", () => {
  assert.deepEqual(VERSION_UNKNOWN.judge(judgedHost()), []);
  assert.deepEqual(VERSION_UNKNOWN.judge(judgedHost({ server: { kind: "sglang", version: null } })), []);
});
