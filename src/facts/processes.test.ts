import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseEnvironment, parseProcessStat } from "./processes.ts";

const TAIL =
  " S 1 8786 3918 0 -1 4194368 219 0 0 0 0 0 0 0 20 0 1 0 125820 17633280 2605 18446744073709551615 94897284923392";

for (const name of ["ollama", "a b", "a) S 7 7 (b", ")", "", "x\ny", "\u001B[31m"]) {
  test(`a process called ${JSON.stringify(name)} keeps its name, parent and start time apart`, () => {
    assert.deepEqual(parseProcessStat(`8873 (${name})${TAIL}\n`), { name, parentPid: 1, startTicks: 125_820 });
  });
}

test("only the variables that were asked for are kept, and of a name set twice the first", () => {
  const text =
    "PATH=/bin\0OLLAMA_HOST=0.0.0.0:11434\0HF_TOKEN=s3cret\0OLLAMA_HOST=127.0.0.1\0OLLAMA_ORIGINS=\0broken\0";
  assert.deepEqual(parseEnvironment(text, ["OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_MODELS"]), {
    OLLAMA_HOST: "0.0.0.0:11434",
    OLLAMA_ORIGINS: "",
  });
});

test("a value keeps its equals signs and line breaks", () => {
  assert.deepEqual(parseEnvironment("A=b=c\nd\0", ["A"]), { A: "b=c\nd" });
});

test("random bytes never throw, and no other variable ever comes through", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseProcessStat(text);
      assert.deepEqual(
        Object.keys(parseEnvironment(text, ["__proto__"])).filter((name) => name !== "__proto__"),
        [],
      );
    }),
  );
});
