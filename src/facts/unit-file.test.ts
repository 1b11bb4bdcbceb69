import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { UNIT_FILE_SAMPLES } from "../../test/unit-file-samples.ts";
import { parseUnitFile } from "./unit-file.ts";
import type { UnitLine } from "./units.ts";

const VARIABLES = ["OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_MODELS"];

/** The settings in the order systemd takes them. */
function taken(lines: readonly UnitLine[]): readonly string[] {
  return lines
    .filter(({ key }) => key === "Environment")
    .flatMap(({ assignments }) => assignments)
    .flatMap(({ name, value, taken: isTaken }) => (isTaken ? [`${name}=${value}`] : []));
}

function lost(lines: readonly UnitLine[]): readonly string[] {
  return lines.flatMap(({ assignments, fault }) =>
    assignments.flatMap((lostOne) => (lostOne.taken ? [] : [`${lostOne.name}=${lostOne.value} ${fault}`])),
  );
}

describe("what systemd takes from a unit file", () => {
  for (const { name, text, takes, loses } of UNIT_FILE_SAMPLES) {
    test(name, () => {
      const lines = parseUnitFile(text, VARIABLES);
      assert.deepEqual(taken(lines), takes);
      assert.deepEqual(lost(lines), loses ?? []);
    });
  }
});

const COMMENTED = '[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1:11434" # was OLLAMA_HOST=0.0.0.0\n';
test("a comment that was applied is marked, and of the words systemd ignored only the mark is kept", () => {
  const [line] = parseUnitFile(COMMENTED, VARIABLES);
  assert.deepEqual(line, {
    line: 2,
    section: "Service",
    key: "Environment",
    assignments: [
      { name: "OLLAMA_HOST", value: "127.0.0.1:11434", taken: true, behindComment: false },
      { name: "OLLAMA_HOST", value: "0.0.0.0", taken: true, behindComment: true },
    ],
    ignoredWords: ["#", "…"],
    fault: "trailing-comment",
    value: '"OLLAMA_HOST=127.0.0.1:11434" # … OLLAMA_HOST=0.0.0.0',
    text: 'Environment="OLLAMA_HOST=127.0.0.1:11434" # … OLLAMA_HOST=0.0.0.0',
  });
});

test("a line begins where its key stands, not where its continuation ends", () => {
  const lines = parseUnitFile("[Service]\n\nEnvironment=OLLAMA_HOST=1 \\\n OLLAMA_MODELS=2\nUser=ollama\n", VARIABLES);
  assert.deepEqual(
    lines.map(({ line, key }) => [line, key]),
    [
      [3, "Environment"],
      [5, "User"],
    ],
  );
});

test("an empty Environment= is a reset and is kept; an empty one in the wrong section is not", () => {
  const lines = parseUnitFile("Environment=\n[Service]\nEnvironment=\nEnvironment=OLLAMA_HOST=1\n", VARIABLES);
  assert.deepEqual(
    lines.map(({ line, value }) => [line, value]),
    [
      [3, ""],
      [4, "OLLAMA_HOST=1"],
    ],
  );
});

test("the other keys that bear on a setting", () => {
  const text = [
    "[Service]",
    "User=ollama",
    "PAMName=login",
    "EnvironmentFile=-/etc/default/ollama",
    "PassEnvironment=HOME OLLAMA_HOST",
    "UnsetEnvironment=OLLAMA_ORIGINS=x SECRET",
    "PassEnvironment=SECRET",
    "IPAddressDeny=any",
    "IPAddressAllow=localhost",
    "Restart=always",
  ].join("\n");
  assert.deepEqual(
    parseUnitFile(text, VARIABLES).map(({ text: shown }) => shown),
    [
      "User=ollama",
      "PAMName=login",
      "EnvironmentFile=-/etc/default/ollama",
      "PassEnvironment=OLLAMA_HOST",
      "UnsetEnvironment=OLLAMA_ORIGINS=x",
      "IPAddressDeny=any",
      "IPAddressAllow=localhost",
    ],
  );
});

const COMMANDS: readonly [command: string, program: string, sets: string[]][] = [
  ["/usr/local/bin/ollama serve", "/usr/local/bin/ollama", []],
  ["-!/usr/local/bin/ollama serve --token=abc", "/usr/local/bin/ollama", []],
  ["/usr/bin/env OLLAMA_HOST=0.0.0.0 ollama serve", "/usr/bin/env", ["OLLAMA_HOST=0.0.0.0"]],
  ["/bin/sh -c 'OLLAMA_HOST=0.0.0.0:1 exec ollama serve'", "/bin/sh", ["OLLAMA_HOST=0.0.0.0:1"]],
  ["/bin/sh -c 'export OLLAMA_HOST=\"[::]:1\"; ollama serve'", "/bin/sh", ["OLLAMA_HOST=[::]:1"]],
  ["/bin/ollama --x=MY_OLLAMA_HOST=1", "/bin/ollama", []],
  ["", "", []],
];
for (const [command, program, sets] of COMMANDS) {
  test(`ExecStart=${command}`, () => {
    const [line] = parseUnitFile(`[Service]\nExecStart=${command}\n`, VARIABLES);
    assert.equal(line?.value, program);
    assert.deepEqual(
      line?.assignments.map(({ name, value }) => `${name}=${value}`),
      sets,
    );
  });
}

test("nothing of another variable's value is kept, however the line is written", () => {
  const text = [
    "[Service]",
    "Environment=API_KEY=hunter2",
    "Environment=OLLAMA_HOST=1 API_KEY=hunter2",
    "Environment=API_KEY=secret hunter2 OLLAMA_HOST=1",
    'Environment="OLLAMA_HOST=1" "API_KEY=hunter2',
    "Environment=“OLLAMA_HOST=1” “API_KEY=hunter2”",
    "Environment=OLLAMA_HOST=1 # API-KEY=hunter2",
    "Environment=OLLAMA_HOST=1 API_KEY=\\q OTHER=hunter2",
    "UnsetEnvironment=API_KEY=hunter2",
    "ExecStart=/usr/bin/env API_KEY=hunter2 OLLAMA_HOST=1 ollama --key hunter2",
  ].join("\n");
  const lines = parseUnitFile(text, VARIABLES);
  assert.ok(lines.length >= 7);
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
});

test("random text never throws and lines stay in order", () => {
  const fragments = fc.constantFrom(
    "[Service]",
    "[",
    "\n",
    "\\\n",
    "Environment=",
    "OLLAMA_HOST=",
    '"',
    "'",
    "“",
    "#",
    "\\x",
    "%",
    " ",
    "\r",
    "\0",
    "\uFFFD",
    "EnvironmentFile=-",
    "ExecStart=",
  );
  const text = fc.array(fc.oneof(fragments, fc.string({ unit: "binary" })), { maxLength: 40 });
  fc.assert(
    fc.property(text, (parts) => {
      const numbers = parseUnitFile(parts.join(""), VARIABLES).map(({ line }) => line);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 500 },
  );
});
