import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";
import { DAEMON_RELOAD_MISSING } from "./daemon-reload-missing.ts";

const EDITED = { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") };
const CASES: readonly [name: string, story: Story, severity: string | undefined][] = [
  [
    "closed in a drop-in, not reloaded, still open",
    { files: EDITED, loaded: { reload: true }, running: "0.0.0.0", listens: "::" },
    "high",
  ],
  ["the same on a server nobody else reaches", { files: EDITED, loaded: { reload: true }, running: null }, "medium"],
  [
    "something else of the unit changed",
    { files: { [UNIT]: INSTALLED }, loaded: { reload: true }, running: null, listens: "::" },
    "medium",
  ],
  [
    "a file put in place with an old time, which systemd does not notice",
    { files: EDITED, loaded: {}, running: null },
    "medium",
  ],
  ["the unit of a server that does not run", { files: EDITED, loaded: { reload: true }, listens: null }, "low"],
  [
    "a unit that does not run and sets nothing",
    { files: { [UNIT]: INSTALLED }, loaded: { reload: true }, listens: null },
    undefined,
  ],
  ["all read", { files: EDITED, loaded: { environment: "OLLAMA_HOST=127.0.0.1" }, running: "127.0.0.1" }, undefined],
  ["the manager could not be asked", { files: EDITED, loaded: null, running: null }, undefined],
];
for (const [name, story, severity] of CASES) {
  test(name, async () => {
    const { facts } = await tell(story);
    const [finding] = findingsOf(DAEMON_RELOAD_MISSING, facts);
    assert.equal(finding?.severity, severity);
    if (severity !== undefined) assert.deepEqual(finding?.data, { unit: "ollama.service" });
  });
}

test("the evidence is systemd's word and the line that waits", async () => {
  const { facts } = await tell({ files: EDITED, loaded: { reload: true }, running: null });
  assert.deepEqual(findingsOf(DAEMON_RELOAD_MISSING, facts)[0]?.evidence, [
    { from: "systemctl show ollama.service", text: "NeedDaemonReload=yes" },
    { from: DROP_IN, line: 2, text: "OLLAMA_HOST=127.0.0.1" },
  ]);
});
