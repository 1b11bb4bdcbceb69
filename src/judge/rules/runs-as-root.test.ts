import assert from "node:assert/strict";
import { test } from "node:test";
import { judgedHost, type JudgedHostChoices } from "./judged-host.fixture.ts";
import { RUNS_AS_ROOT } from "./runs-as-root.ts";

const CASES: readonly (readonly [what: string, choices: JudgedHostChoices, severity: string | undefined])[] = [
  ["a user of its own", {}, undefined],
  ["root on a server others reach", { process: { uid: 0 }, routes: ["internet open"] }, "high"],
  ["root on a server others may reach", { process: { uid: 0 }, routes: ["internet unknown"] }, "high"],
  ["root on a local server", { process: { uid: 0 }, routes: ["host open", "internet closed"] }, "medium"],
  [
    "root in a container",
    { process: { uid: 0 }, server: { runBy: { kind: "docker", container: "ollama", image: "ollama/ollama" } } },
    "low",
  ],
  ["a user that could not be read", { process: { uid: null } }, undefined],
  ["a process that could not be seen", { process: { uid: 0 }, server: { process: null } }, undefined],
];

for (const [what, choices, severity] of CASES) {
  test(what, () => {
    const [finding] = RUNS_AS_ROOT.judge(judgedHost(choices));
    assert.equal(finding?.severity, severity);
    if (severity !== undefined) assert.deepEqual(finding?.data, { pid: 812 });
  });
}
