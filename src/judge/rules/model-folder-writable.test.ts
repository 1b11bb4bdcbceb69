import assert from "node:assert/strict";
import { test } from "node:test";
import { judgedHost } from "./judged-host.fixture.ts";
import { MODEL_FOLDER_WRITABLE } from "./model-folder-writable.ts";

const CASES: readonly (readonly [mode: number, severity: string | undefined, shown: string | undefined])[] = [
  [0o755, undefined, undefined],
  [0o700, undefined, undefined],
  [0o775, "low", "0775"],
  [0o777, "high", "0777"],
  [0o1777, "high", "01777"],
];

for (const [mode, severity, shown] of CASES) {
  test(`a model folder of mode ${mode.toString(8)}`, () => {
    const [finding] = MODEL_FOLDER_WRITABLE.judge(judgedHost({ files: { "model-folder": mode } }));
    assert.deepEqual([finding?.severity, finding?.data.mode], [severity, shown]);
  });
}
