import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseSystemdEnvironment } from "./systemd-environment.ts";

const NAMES = ["OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_MODELS"];

/** What the environment.d reader of systemd 252.39 made of each, except where a row says otherwise. */
const SAMPLES: readonly [name: string, text: string, takes: string[]][] = [
  ["plain, and a comment line", "# note\n; note\nOLLAMA_HOST=0.0.0.0\n", ["3 OLLAMA_HOST=0.0.0.0"]],
  ["a trailing comment becomes part of the value", "OLLAMA_HOST=0.0.0.0 # lan\n", ["1 OLLAMA_HOST=0.0.0.0 # lan"]],
  ["also behind closing quotes, where blanks vanish", 'OLLAMA_HOST="x y" # c\n', ["1 OLLAMA_HOST=x y# c"]],
  ["blanks around key and value vanish", " OLLAMA_HOST =  1 2  \n", ["1 OLLAMA_HOST=1 2"]],
  ["quotes in the middle of a value stay", 'OLLAMA_HOST=a"b"c\n', ['1 OLLAMA_HOST=a"b"c']],
  ["quotes at the beginning end where they end", 'OLLAMA_HOST="a"b\n', ["1 OLLAMA_HOST=ab"]],
  ["single quotes keep backslashes", "OLLAMA_HOST='a\\b'\n", ["1 OLLAMA_HOST=a\\b"]],
  ["double quotes undo only what a shell would", 'OLLAMA_HOST="a\\"b\\q\\$"\n', ['1 OLLAMA_HOST=a"b\\q$']],
  [
    "a backslash continues the line",
    "OLLAMA_HOST=a\\\nb\nOLLAMA_MODELS=2\n",
    ["1 OLLAMA_HOST=ab", "3 OLLAMA_MODELS=2"],
  ],
  ["an escaped blank at the end stays", "OLLAMA_HOST=a\\  \n", ["1 OLLAMA_HOST=a "]],
  [
    "quoted text may hold line ends",
    'OLLAMA_HOST="1\n2"\nOLLAMA_MODELS=3\n',
    ["1 OLLAMA_HOST=1\n2", "3 OLLAMA_MODELS=3"],
  ],
  [
    "a quote that is never closed runs to the end of the file",
    'OLLAMA_HOST="x\nOLLAMA_MODELS=2\n',
    ["1 OLLAMA_HOST=x\nOLLAMA_MODELS=2\n"],
  ],
  ["a line without = is nothing", "OLLAMA_HOST\nOLLAMA_MODELS=2\n", ["2 OLLAMA_MODELS=2"]],
  ["a file written on Windows", "OLLAMA_HOST=1\r\nOLLAMA_MODELS=2\r\n", ["1 OLLAMA_HOST=1", "2 OLLAMA_MODELS=2"]],
  ["an empty value is a value", "OLLAMA_HOST=\n", ["1 OLLAMA_HOST="]],
  ["variables stand as written", "OLLAMA_HOST=$IP:1\n", ["1 OLLAMA_HOST=$IP:1"]],
  ["curly quotes are no quotes", "OLLAMA_HOST=“1”\n", ["1 OLLAMA_HOST=“1”"]],
  ["the last line needs no end", "OLLAMA_HOST=1", ["1 OLLAMA_HOST=1"]],
];

for (const [name, text, takes] of SAMPLES) {
  test(name, () => {
    const found = parseSystemdEnvironment(text, NAMES);
    assert.deepEqual(
      found.map(({ name: variable, value, line }) => `${String(line)} ${variable}=${value}`),
      takes,
    );
  });
}

test("`export` is shell: systemd makes a variable called `export OLLAMA_HOST` of it and drops it", () => {
  assert.deepEqual(parseSystemdEnvironment("export OLLAMA_HOST=0.0.0.0\n", NAMES), [
    {
      name: "OLLAMA_HOST",
      value: "0.0.0.0",
      line: 1,
      exported: true,
      understood: false,
      text: "export OLLAMA_HOST=0.0.0.0",
    },
  ]);
});

test("other variables leave no trace", () => {
  const found = parseSystemdEnvironment('API_KEY="hunter2\nOLLAMA_HOST=hunter2"\nOLLAMA_HOST=1\n', NAMES);
  assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  assert.equal(found.length, 1);
});

const GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";
const skip = existsSync(GENERATOR) ? false : `needs ${GENERATOR}, which is not on this machine (package systemd)`;

test("500 generated files: the same values as systemd's own reader", { skip }, () => {
  const piece = fc.constantFrom(
    ...("a1#;= \"'\\`“é\t".match(/[^]/gu) ?? []),
    "\\\n",
    "\\n",
    '\\"',
    "\\ ",
    "\n",
    "\r\n",
    " x",
  );
  const bodies = fc.sample(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    { numRuns: 500, seed: 20261122 },
  );
  const names = bodies.map((_, index) => `V${String(index)}`);
  const texts = bodies.map((body, index) => `${names[index] ?? ""}=${body}\n`);
  const theirs = readWithSystemd(texts);
  texts.forEach((text, index) => {
    const name = names[index] ?? "";
    const ours = parseSystemdEnvironment(text, [name]).findLast((found) => found.understood)?.value;
    // The generator leaves some empty values out.
    assert.equal(ours ?? "", theirs.get(name) ?? "", JSON.stringify(text));
  });
});

/** Runs environment.d's reader over the texts, one file each. */
function readWithSystemd(texts: readonly string[]): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "pl-environment-"));
  try {
    mkdirSync(join(folder, "environment.d"));
    texts.forEach((text, index) => {
      writeFileSync(join(folder, "environment.d", `${String(index).padStart(4, "0")}.conf`), text);
    });
    const env = { HOME: "/nonexistent", XDG_CONFIG_HOME: folder };
    const { stdout } = spawnSync(GENERATOR, [], { env, encoding: "utf8", maxBuffer: 1 << 26 });
    const found = stdout.matchAll(/^(V\d+)=(?:\$'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\n]*))$/gms);
    return new Map(
      [...found].map(([, name = "", posix, quoted, plain]) => [name, plain ?? unescape(posix ?? quoted ?? "")]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => ({ n: "\n", t: "\t", r: "\r" })[character] ?? character);
}

test("random text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parseSystemdEnvironment(`${text}OLLAMA_HOST=${text}`, NAMES);
    }),
  );
});
