import assert from "node:assert/strict";
import { test } from "node:test";
import { askYes } from "./ask.ts";
import { loadWords } from "./language.ts";
import { toInput } from "./testing/try-command.ts";

test("whoever ends it at the question is told that nothing was changed, and nobody after the answer", async () => {
  const said: (string | null)[] = [];
  const session = {
    err: { write: () => {}, isTerminal: true, columns: 80 },
    input: toInput("y\n"),
    onStop: (text: string | null) => void said.push(text),
    words: await loadWords("en"),
  };
  assert.equal(await askYes(session, "Change gpu-1 like this? [y/N] "), true);
  assert.deepEqual(said, ["Nothing was changed.", null]);
});
