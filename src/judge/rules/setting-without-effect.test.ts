import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../../test/findings.ts";
import { ANN, DROP_IN, environment, INSTALLED, tell, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";
import { SETTING_WITHOUT_EFFECT } from "./setting-without-effect.ts";

const OPEN = { running: "0.0.0.0", listens: "::" } as const;
const OPENED = `${INSTALLED}Environment=OLLAMA_HOST=0.0.0.0\n`;
const LOADED = { environment: "OLLAMA_HOST=0.0.0.0" };
const CASES: readonly [name: string, story: Story, found: string[]][] = [
  [
    "closed in /etc/environment, and open all the same",
    { files: { [UNIT]: OPENED, "/etc/environment": "OLLAMA_HOST=127.0.0.1\n" }, loaded: LOADED, ...OPEN },
    ["high /etc/environment not-read-by-system-services"],
  ],
  [
    "closed in a drop-in with curly quotes, and open all the same",
    { files: { [UNIT]: OPENED, [DROP_IN]: environment("“OLLAMA_HOST=127.0.0.1”") }, loaded: LOADED, ...OPEN },
    [`high ${DROP_IN} curly-quotes`],
  ],
  [
    "closed in a drop-in, opened again by a later one",
    {
      files: {
        [UNIT]: INSTALLED,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
        "/etc/systemd/system/ollama.service.d/zz.conf": environment("OLLAMA_HOST=0.0.0.0"),
      },
      loaded: LOADED,
      ...OPEN,
    },
    [`high ${DROP_IN} overridden-later`],
  ],
  [
    "words behind it on the same line opened it: that is another rule's",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1 # OLLAMA_HOST=0.0.0.0") },
      loaded: LOADED,
      ...OPEN,
    },
    [],
  ],
  [
    "a drop-in that closes what the unit opened is how it should be",
    {
      files: { [UNIT]: OPENED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") },
      loaded: { environment: "OLLAMA_HOST=127.0.0.1" },
      running: "127.0.0.1",
    },
    [],
  ],
  [
    "somebody wanted it open, wrote it where it is not read, and wonders",
    { files: { [UNIT]: INSTALLED, "/etc/profile.d/o.sh": "export OLLAMA_HOST=0.0.0.0\n" }, running: null },
    ["low /etc/profile.d/o.sh shell-only"],
  ],
  [
    "the same value in both places misleads nobody",
    { files: { [UNIT]: OPENED, "/etc/environment": "OLLAMA_HOST=0.0.0.0\n" }, loaded: LOADED, ...OPEN },
    [],
  ],
  [
    "the client's address, in other words the same",
    { files: { [UNIT]: INSTALLED, "/root/.bashrc": "export OLLAMA_HOST=http://127.0.0.1:11434\n" }, running: null },
    [],
  ],
  [
    "the client is pointed at another machine",
    { files: { [UNIT]: INSTALLED, "/root/.bashrc": "export OLLAMA_HOST=gpu-2:11434\n" }, running: null },
    ["info /root/.bashrc shell-only"],
  ],
  [
    "changes that wait for a reload are another rule's",
    {
      files: { [UNIT]: OPENED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") },
      loaded: { ...LOADED, reload: true },
      ...OPEN,
    },
    [],
  ],
  [
    "the service is closed, and the server that was started by hand is open",
    { files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") }, cgroup: ANN, ...OPEN },
    [`high ${DROP_IN} server-started-otherwise`],
  ],
  [
    "another setting, exported where the service does not see it",
    { files: { [UNIT]: INSTALLED, "/root/.bashrc": "export OLLAMA_MODELS=/data\n" }, running: null },
    ["low /root/.bashrc shell-only"],
  ],
];
for (const [name, story, found] of CASES) {
  test(name, async () => {
    const { facts } = await tell(story);
    assert.deepEqual(
      findingsOf(SETTING_WITHOUT_EFFECT, facts).map(({ severity, data }) => `${severity} ${data.file} ${data.reason}`),
      found,
    );
  });
}

test("the finding holds what was written and what runs", async () => {
  const { facts } = await tell({
    files: { [UNIT]: INSTALLED, "/etc/environment": "OLLAMA_HOST=0.0.0.0\n" },
    running: null,
  });
  assert.deepEqual(findingsOf(SETTING_WITHOUT_EFFECT, facts), [
    {
      rule: "setting-without-effect",
      severity: "low",
      server: "ollama-1",
      routes: [],
      data: {
        setting: "OLLAMA_HOST",
        value: "0.0.0.0",
        file: "/etc/environment",
        line: 1,
        reason: "not-read-by-system-services",
      },
      evidence: [
        { from: "/etc/environment", line: 1, text: "OLLAMA_HOST=0.0.0.0" },
        { from: "/proc/812/environ", text: "no OLLAMA_HOST" },
      ],
    },
  ]);
});
