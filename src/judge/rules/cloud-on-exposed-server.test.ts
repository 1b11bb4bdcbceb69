import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "../../servers/answers.fixture.ts";
import { API_STATUS, API_TAGS } from "../../servers/questions.ts";
import { CLOUD_ON_EXPOSED_SERVER } from "./cloud-on-exposed-server.ts";
import { judgedHost, type JudgedHostChoices } from "./judged-host.fixture.ts";

const CLOUD = answer(API_TAGS, { models: [{ name: "glm-4.6:cloud", digest: "a".repeat(64) }] });
const NO_MODELS = answer(API_TAGS, { models: [] });
const ENABLED = answer(API_STATUS, { cloud: { disabled: false, source: "none" } });
const DISABLED = answer(API_STATUS, { cloud: { disabled: true, source: "env" } });
const NO_STATUS = answer(API_STATUS, "404 page not found", { status: 404 });
const EXPOSED: JudgedHostChoices = { server: { verdict: "exposed" }, routes: ["host open", "neighbour open"] };
const NO_CLOUD = { OLLAMA_NO_CLOUD: "1" };

const CASES: readonly (readonly [what: string, choices: JudgedHostChoices, severity: string | undefined])[] = [
  ["cloud models on an exposed server", { ...EXPOSED, answers: [CLOUD, ENABLED] }, "high"],
  ["cloud models on an old exposed server without a status", { ...EXPOSED, answers: [CLOUD, NO_STATUS] }, "high"],
  ["no cloud model, but the cloud is on", { ...EXPOSED, answers: [NO_MODELS, ENABLED] }, "low"],
  ["the cloud is switched off", { ...EXPOSED, answers: [CLOUD, DISABLED] }, undefined],
  ["switched off by its variable", { ...EXPOSED, environment: NO_CLOUD, answers: [CLOUD, NO_STATUS] }, undefined],
  [
    "the variable says off, the server says on",
    { ...EXPOSED, environment: NO_CLOUD, answers: [CLOUD, ENABLED] },
    "high",
  ],
  ["nothing tells of a cloud", { ...EXPOSED, answers: [NO_MODELS, NO_STATUS] }, undefined],
  ["a local server", { server: { verdict: "local" }, routes: ["host open"], answers: [CLOUD, ENABLED] }, undefined],
];

for (const [what, choices, severity] of CASES) {
  test(what, () => {
    const [finding] = CLOUD_ON_EXPOSED_SERVER.judge(judgedHost(choices));
    assert.equal(finding?.severity, severity);
    if (severity !== undefined) assert.deepEqual(finding?.routes, [1]);
  });
}

test("evidence is only what was answered", () => {
  const [finding] = CLOUD_ON_EXPOSED_SERVER.judge(judgedHost({ ...EXPOSED, answers: [CLOUD, NO_STATUS] }));
  assert.deepEqual(finding?.evidence, [{ from: "GET http://127.0.0.1:11434/api/tags", text: "glm-4.6:cloud" }]);
});
