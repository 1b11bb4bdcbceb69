import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "../../servers/answers.fixture.ts";
import { API_TAGS } from "../../servers/questions.ts";
import { judgedHost } from "./judged-host.fixture.ts";
import { PLANTED_MODELS } from "./planted-models.ts";

const tags = (...names: string[]) => ({
  answers: [answer(API_TAGS, { models: names.map((name) => ({ name, digest: "a".repeat(64) })) })],
});
const PLANTED = "205.237.106.117:8443/attacker/leak_model_0_198e01:latest";

test("models of a known attack are a break-in, whoever reaches the server now", () => {
  const [finding] = PLANTED_MODELS.judge(judgedHost({ ...tags("llama3.2:latest", PLANTED), routes: ["host open"] }));
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding?.data, { models: [PLANTED] });
  assert.deepEqual(finding?.evidence, [{ from: "GET http://127.0.0.1:11434/api/tags", text: PLANTED }]);
});

test("ordinary models, none, and a list nobody could read", () => {
  assert.deepEqual(PLANTED_MODELS.judge(judgedHost(tags("llama3.2:latest"))), []);
  assert.deepEqual(PLANTED_MODELS.judge(judgedHost(tags())), []);
  assert.deepEqual(PLANTED_MODELS.judge(judgedHost()), []);
});

test("models of another server on this host are not this one's", () => {
  const host = judgedHost({ ...tags(PLANTED), server: { process: { pid: 900, user: null, startedAt: null } } });
  assert.deepEqual(PLANTED_MODELS.judge(host), []);
});
