import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY_FILE_READABLE } from "./key-file-readable.ts";
import { judgedHost } from "./judged-host.fixture.ts";

const CASES: readonly (readonly [mode: number, severity: string | undefined, shown: string | undefined])[] = [
  [0o600, undefined, undefined],
  [0o400, undefined, undefined],
  [0o640, "low", "0640"],
  [0o620, "low", "0620"],
  [0o644, "medium", "0644"],
  [0o602, "medium", "0602"],
];

for (const [mode, severity, shown] of CASES) {
  test(`a key of mode ${mode.toString(8)}`, () => {
    const [finding] = KEY_FILE_READABLE.judge(judgedHost({ files: { key: mode } }));
    assert.deepEqual([finding?.severity, finding?.data.mode], [severity, shown]);
  });
}

test("other files of the server are not its key", () => {
  assert.deepEqual(KEY_FILE_READABLE.judge(judgedHost({ files: { "model-folder": 0o755 } })), []);
});

test("a file of another process is not this server's", () => {
  const host = judgedHost({ files: { key: 0o644 }, server: { process: { pid: 900, user: null, startedAt: null } } });
  assert.deepEqual(KEY_FILE_READABLE.judge(host), []);
});
