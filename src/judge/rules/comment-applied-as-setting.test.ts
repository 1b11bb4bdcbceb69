import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import { COMMENT_APPLIED_AS_SETTING } from "./comment-applied-as-setting.ts";

const COMMENTED = '"OLLAMA_HOST=127.0.0.1:11434" # was OLLAMA_HOST=0.0.0.0';

test("the old value in a trailing comment opened the server", async () => {
  const { facts } = await tell({
    files: { [UNIT]: INSTALLED, [DROP_IN]: environment(COMMENTED) },
    loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
    running: "0.0.0.0",
    listens: "::",
  });
  assert.deepEqual(findingsOf(COMMENT_APPLIED_AS_SETTING, facts), [
    {
      rule: "comment-applied-as-setting",
      severity: "high",
      server: "ollama-1",
      routes: [],
      data: { file: DROP_IN, line: 2, setting: "OLLAMA_HOST", value: "0.0.0.0" },
      evidence: [{ from: DROP_IN, line: 2, text: `Environment=${COMMENTED.replace("was", "…")}` }],
    },
  ]);
});

test("a later drop-in that wins over it makes it harmless", async () => {
  const { facts } = await tell({
    files: {
      [UNIT]: INSTALLED,
      [DROP_IN]: environment(COMMENTED),
      "/etc/systemd/system/ollama.service.d/zz-portlock-ollama-host.conf": environment("OLLAMA_HOST=127.0.0.1:11434"),
    },
    loaded: { environment: "OLLAMA_HOST=127.0.0.1:11434" },
    running: "127.0.0.1:11434",
    listens: "127.0.0.1",
  });
  assert.deepEqual(findingsOf(COMMENT_APPLIED_AS_SETTING, facts), []);
});

test("it waits in a unit whose server does not run", async () => {
  const { facts } = await tell({ files: { [UNIT]: INSTALLED, [DROP_IN]: environment(COMMENTED) }, listens: null });
  const [finding] = findingsOf(COMMENT_APPLIED_AS_SETTING, facts);
  assert.equal(finding?.severity, "medium");
  assert.equal(finding?.server, null);
});

const QUIET: readonly [name: string, line: string][] = [
  ["a comment that names no setting", "OLLAMA_HOST=127.0.0.1 # loopback only"],
  ["two settings and no comment", "OLLAMA_HOST=127.0.0.1 OLLAMA_ORIGINS=*"],
  ["a comment with an apostrophe, which systemd gives up at", "OLLAMA_HOST=127.0.0.1 # don't OLLAMA_HOST=0.0.0.0"],
  ["# inside the quotes, which is part of the value", '"OLLAMA_HOST=127.0.0.1 # OLLAMA_HOST=0.0.0.0"'],
];
for (const [name, line] of QUIET) {
  test(`${name} is no such finding`, async () => {
    const { facts } = await tell({ files: { [UNIT]: INSTALLED, [DROP_IN]: environment(line) }, running: "127.0.0.1" });
    assert.deepEqual(findingsOf(COMMENT_APPLIED_AS_SETTING, facts), []);
  });
}
