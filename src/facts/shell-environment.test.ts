import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseFishEnvironment, parseShellEnvironment } from "./shell-environment.ts";

const NAMES = ["OLLAMA_HOST", "OLLAMA_MODELS"];

/** `exports` is what a child process of bash sees after it read the text; the test below asks the real one. */
const SAMPLES: readonly { name: string; text: string; finds: string[]; exports: string[] }[] = [
  {
    name: "exported",
    text: "export OLLAMA_HOST=0.0.0.0\n",
    finds: ["1 x OLLAMA_HOST=0.0.0.0"],
    exports: ["OLLAMA_HOST=0.0.0.0"],
  },
  { name: "set and not exported", text: "OLLAMA_HOST=0.0.0.0\n", finds: ["1 - OLLAMA_HOST=0.0.0.0"], exports: [] },
  {
    name: "exported on a later line",
    text: "OLLAMA_HOST=0.0.0.0\n\nexport PATH OLLAMA_HOST\n",
    finds: ["1 x OLLAMA_HOST=0.0.0.0"],
    exports: ["OLLAMA_HOST=0.0.0.0"],
  },
  {
    name: "several on a line, and other secrets beside",
    text: "export API_KEY=hunter2 OLLAMA_HOST=1 OLLAMA_MODELS='/a b'\n",
    finds: ["1 x OLLAMA_HOST=1", "1 x OLLAMA_MODELS=/a b"],
    exports: ["OLLAMA_HOST=1", "OLLAMA_MODELS=/a b"],
  },
  {
    name: "commented out, and a comment behind",
    text: "# export OLLAMA_HOST=1\nexport OLLAMA_HOST=2 # was OLLAMA_HOST=3\n",
    finds: ["2 x OLLAMA_HOST=2"],
    exports: ["OLLAMA_HOST=2"],
  },
  {
    name: "# inside a word is no comment",
    text: "export OLLAMA_HOST=a#b\n",
    finds: ["1 x OLLAMA_HOST=a#b"],
    exports: ["OLLAMA_HOST=a#b"],
  },
  {
    name: "assigned and exported on one line",
    text: "OLLAMA_HOST=1; export OLLAMA_HOST\n",
    finds: ["1 x OLLAMA_HOST=1"],
    exports: ["OLLAMA_HOST=1"],
  },
  { name: "for one command only", text: "OLLAMA_HOST=0.0.0.0 true\n", finds: [], exports: [] },
  {
    name: "with set -a",
    text: "set -a\nOLLAMA_HOST=1\nset +a\nOLLAMA_MODELS=2\n",
    finds: ["2 x OLLAMA_HOST=1", "4 - OLLAMA_MODELS=2"],
    exports: ["OLLAMA_HOST=1"],
  },
  {
    name: "declare with and without -x",
    text: "declare -x OLLAMA_HOST=1\ndeclare OLLAMA_MODELS=2\n",
    finds: ["1 x OLLAMA_HOST=1", "2 - OLLAMA_MODELS=2"],
    exports: ["OLLAMA_HOST=1"],
  },
  {
    name: "inside a condition",
    text: "if [ -d / ]; then\n  export OLLAMA_HOST=1\nfi\n",
    finds: ["2 x OLLAMA_HOST=1"],
    exports: ["OLLAMA_HOST=1"],
  },
  {
    name: "after &&",
    text: "true && export OLLAMA_HOST=1\n",
    finds: ["1 x OLLAMA_HOST=1"],
    exports: ["OLLAMA_HOST=1"],
  },
  {
    name: "quotes and escapes",
    text: `export OLLAMA_HOST="a\\"b\\$c"'d'\\ e\n`,
    finds: [`1 x OLLAMA_HOST=a"b$cd e`],
    exports: [`OLLAMA_HOST=a"b$cd e`],
  },
  {
    name: "a continued line",
    text: "export \\\n  OLLAMA_HOST=1\\\n2\n",
    finds: ["2 x OLLAMA_HOST=12"],
    exports: ["OLLAMA_HOST=12"],
  },
  { name: "no longer exported", text: "export -n OLLAMA_HOST=1\n", finds: ["1 - OLLAMA_HOST=1"], exports: [] },
  {
    name: "text of a here-document sets nothing",
    text: "cat >/dev/null <<EOF\nexport OLLAMA_HOST=1\nEOF\nexport OLLAMA_MODELS=2\n",
    finds: ["4 x OLLAMA_MODELS=2"],
    exports: ["OLLAMA_MODELS=2"],
  },
  {
    name: "an echoed line sets nothing",
    text: "echo 'export OLLAMA_HOST=1' >/dev/null\nalias o='OLLAMA_HOST=1 true'\n",
    finds: [],
    exports: [],
  },
  {
    name: "curly quotes are part of the value",
    text: "export OLLAMA_HOST=“1”\n",
    finds: ["1 x OLLAMA_HOST=“1”"],
    exports: ["OLLAMA_HOST=“1”"],
  },
];

for (const { name, text, finds } of SAMPLES) {
  test(name, () => {
    const found = parseShellEnvironment(text, NAMES);
    assert.deepEqual(
      found.map(
        ({ line, exported, name: variable, value }) => `${String(line)} ${exported ? "x" : "-"} ${variable}=${value}`,
      ),
      finds,
    );
    assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  });
}

const skip = existsSync("/bin/bash") ? false : "needs /bin/bash, which is not on this machine";
test("the samples are what a child of bash sees", { skip }, () => {
  for (const { name, text, exports } of SAMPLES) {
    const script = `${text}\nexec env`;
    const { stdout } = spawnSync("/bin/bash", ["--norc", "-c", script], {
      env: { PATH: "/bin:/usr/bin" },
      encoding: "utf8",
    });
    const seen = stdout.split("\n").filter((line) => line.startsWith("OLLAMA_"));
    assert.deepEqual(seen.toSorted(), exports.toSorted(), name);
    const ours = parseShellEnvironment(text, NAMES).filter(({ exported }) => exported);
    assert.deepEqual(
      ours.map(({ name: variable, value }) => `${variable}=${value}`),
      exports,
      name,
    );
  }
});

test("what a shell would compute stands as written, whole", () => {
  const text = "export OLLAMA_HOST=$(hostname -I | awk '{print $1}'):11434 OLLAMA_MODELS=`echo a b`\n";
  assert.deepEqual(
    parseShellEnvironment(text, NAMES).map(({ value }) => value),
    ["$(hostname -I | awk '{print $1}'):11434", "`echo a b`"],
  );
});

const FISH: readonly [text: string, finds: string[]][] = [
  ["set -gx OLLAMA_HOST 0.0.0.0", ["1 x OLLAMA_HOST=0.0.0.0"]],
  ["set --global --export OLLAMA_HOST '0.0.0.0:1'", ["1 x OLLAMA_HOST=0.0.0.0:1"]],
  ["set -Ux OLLAMA_HOST a b # c", ["1 x OLLAMA_HOST=a b"]],
  ["set OLLAMA_HOST 1", ["1 - OLLAMA_HOST=1"]],
  ["set -e OLLAMA_HOST\nset -q OLLAMA_HOST", []],
  ["if true; set -gx OLLAMA_HOST 1; end", ["1 x OLLAMA_HOST=1"]],
  ["export OLLAMA_HOST=1", ["1 x OLLAMA_HOST=1"]],
  ["set -gx API_KEY hunter2", []],
];
for (const [text, finds] of FISH) {
  test(`fish: ${text}`, () => {
    const found = parseFishEnvironment(text, NAMES);
    assert.deepEqual(
      found.map(({ line, exported, name, value }) => `${String(line)} ${exported ? "x" : "-"} ${name}=${value}`),
      finds,
    );
  });
}

test("random text never throws", () => {
  const piece = fc.constantFrom(
    "export ",
    "OLLAMA_HOST=",
    "'",
    '"',
    "`",
    "$(",
    ")",
    "${",
    "}",
    "\\",
    "\n",
    "<<EOF",
    "#",
    " ",
  );
  const text = fc.array(fc.oneof(piece, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 60 });
  fc.assert(
    fc.property(text, (pieces) => {
      for (const { line } of parseShellEnvironment(pieces.join(""), NAMES)) assert.ok(line >= 1);
      parseFishEnvironment(pieces.join(""), NAMES);
    }),
    { numRuns: 1000 },
  );
});
