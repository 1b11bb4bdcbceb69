import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";
import { RESTART_MISSING } from "./restart-missing.ts";

const CLOSED = { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") };
const LOADED = { environment: "OLLAMA_HOST=127.0.0.1" };
const CASES: readonly [name: string, story: Story, found: string[]][] = [
  [
    "closed and reloaded, never restarted: still open",
    { files: CLOSED, loaded: LOADED, running: "0.0.0.0", listens: "::" },
    ["high OLLAMA_HOST 0.0.0.0 -> 127.0.0.1"],
  ],
  [
    "the same on a server nobody else reaches",
    { files: CLOSED, loaded: LOADED, running: null },
    ["medium OLLAMA_HOST null -> 127.0.0.1"],
  ],
  [
    "the line that opened it was taken out, and the process still has it",
    { files: { [UNIT]: INSTALLED }, loaded: {}, running: "0.0.0.0", listens: "::" },
    ["high OLLAMA_HOST 0.0.0.0 -> null"],
  ],
  ["restarted", { files: CLOSED, loaded: LOADED, running: "127.0.0.1" }, []],
  ["not even reloaded: that comes first", { files: CLOSED, loaded: { reload: true }, running: null }, []],
  [
    "a wrapper may set the variable: a restart is not said to help",
    { files: { [UNIT]: "[Service]\nExecStart=/opt/start.sh\n" }, loaded: {}, running: "0.0.0.0" },
    [],
  ],
  [
    "PassEnvironment= may hand it on",
    { files: { [UNIT]: `${INSTALLED}PassEnvironment=OLLAMA_HOST\n` }, loaded: {}, running: "0.0.0.0" },
    [],
  ],
  ["the process could not be read", { files: CLOSED, loaded: LOADED }, []],
];
for (const [name, story, found] of CASES) {
  test(name, async () => {
    const { facts } = await tell(story);
    assert.deepEqual(
      findingsOf(RESTART_MISSING, facts).map(
        ({ severity, data }) => `${severity} ${data.setting} ${String(data.running)} -> ${String(data.loaded)}`,
      ),
      found,
    );
  });
}

test("the evidence holds both values", async () => {
  const { facts } = await tell({ files: CLOSED, loaded: LOADED, running: "0.0.0.0" });
  assert.deepEqual(findingsOf(RESTART_MISSING, facts)[0]?.evidence, [
    { from: "/proc/812/environ", text: "OLLAMA_HOST=0.0.0.0" },
    { from: DROP_IN, line: 2, text: "OLLAMA_HOST=127.0.0.1" },
  ]);
});
