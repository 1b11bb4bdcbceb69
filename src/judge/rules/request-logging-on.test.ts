import assert from "node:assert/strict";
import { test } from "node:test";
import { judgedHost } from "./judged-host.fixture.ts";
import { REQUEST_LOGGING_ON } from "./request-logging-on.ts";

const CASES: readonly (readonly [value: string, on: boolean])[] = [
  ["1", true],
  ["true", true],
  ['"1"', true],
  ["yes", true],
  ["no", true], // no word of Go's ParseBool: counts as on
  ["0", false],
  ["false", false],
  [" 0 ", false],
  ["", false],
];

for (const [value, on] of CASES) {
  test(`OLLAMA_DEBUG_LOG_REQUESTS=${value} is ${on ? "on" : "off"}`, () => {
    const findings = REQUEST_LOGGING_ON.judge(judgedHost({ environment: { OLLAMA_DEBUG_LOG_REQUESTS: value } }));
    assert.equal(findings.length, on ? 1 : 0);
    if (on) assert.equal(findings[0]?.evidence[0]?.text, `OLLAMA_DEBUG_LOG_REQUESTS=${value}`);
  });
}

test("unset, and an environment that could not be read", () => {
  assert.deepEqual(REQUEST_LOGGING_ON.judge(judgedHost()), []);
  const unread = { ok: false, why: "denied", from: "/proc/812/environ" } as const;
  assert.deepEqual(REQUEST_LOGGING_ON.judge(judgedHost({ process: { environment: unread } })), []);
});

test("an environment that could not be read, where the setting is known from elsewhere", () => {
  const unread = { ok: false, why: "denied", from: "/proc/812/environ" } as const;
  const name = "OLLAMA_DEBUG_LOG_REQUESTS";
  const settings = [{ name, effective: "1", effectiveKnown: true, listensOn: null, declared: [] }];
  const host = judgedHost({ process: { environment: unread }, server: { settings } });
  assert.deepEqual(
    REQUEST_LOGGING_ON.judge(host).map(({ data }) => data),
    [{ setting: name }],
  );
});
