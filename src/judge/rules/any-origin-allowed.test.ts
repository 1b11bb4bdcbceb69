import assert from "node:assert/strict";
import { test } from "node:test";
import { ANY_ORIGIN_ALLOWED } from "./any-origin-allowed.ts";
import { judgedHost, type JudgedHostChoices } from "./judged-host.fixture.ts";

const ANY = { OLLAMA_ORIGINS: "*" };
const CASES: readonly (readonly [what: string, choices: JudgedHostChoices, severity: string | undefined])[] = [
  ["every page, and a browser reaches the server", { environment: ANY, routes: ["host open", "browser open"] }, "high"],
  [
    "every page, and nobody knows whether a browser reaches it",
    { environment: ANY, routes: ["browser unknown"] },
    "high",
  ],
  ["every page, behind a credential", { environment: ANY, routes: ["browser guarded"] }, "medium"],
  ["one page", { environment: { OLLAMA_ORIGINS: "https://chat.example.com" }, routes: ["browser open"] }, undefined],
  ["the default", { routes: ["browser open"] }, undefined],
  ["another kind of server", { environment: ANY, server: { kind: "llama-cpp" } }, undefined],
];

for (const [what, choices, severity] of CASES) {
  test(what, () => {
    const [finding] = ANY_ORIGIN_ALLOWED.judge(judgedHost(choices));
    assert.equal(finding?.severity, severity);
    if (severity !== undefined) assert.deepEqual(finding?.data, { value: "*" });
  });
}
