import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { editLeftoverLine } from "./leftover-line.ts";

type Kind = Parameters<typeof editLeftoverLine>[0];
const GOES: readonly (readonly [kind: Kind, line: string])[] = [
  ["unit-file", 'Environment="OLLAMA_HOST=0.0.0.0"'],
  ["unit-file", "Environment=OLLAMA_HOST=0.0.0.0 # for the LAN"],
  ["unit-file", "Environment=“OLLAMA_HOST=127.0.0.1:11434”"],
  ["unit-file", 'Environment="OLLAMA_HOST=127.0.0.1" # was OLLAMA_HOST=0.0.0.0'],
  ["pam", 'OLLAMA_HOST="0.0.0.0"'],
  ["pam", "export OLLAMA_HOST=0.0.0.0"],
  ["defaults", "OLLAMA_HOST=0.0.0.0:11434"],
  ["shell", "export OLLAMA_HOST=0.0.0.0"],
  ["shell", "  OLLAMA_HOST='0.0.0.0' # LAN"],
];
const STAYS: readonly (readonly [kind: Kind, line: string])[] = [
  ["unit-file", 'Environment="OLLAMA_HOST=0.0.0.0" "OTHER=1"'],
  ["unit-file", "Environment=OTHER=1 OLLAMA_HOST=0.0.0.0"],
  ["unit-file", "ExecStart=/usr/bin/env OLLAMA_HOST=0.0.0.0 ollama serve"],
  ["unit-file", "Environment=OLLAMA_HOST=0.0.0.0 \\"],
  ["pam", 'OLLAMA_HOST="0.0.0.0'],
  ["pam", "OLLAMA_HOSTS=0.0.0.0"],
  ["shell", "export OLLAMA_HOST=0.0.0.0 OTHER=1"],
  ["shell", "export OLLAMA_HOST=0.0.0.0; ollama serve &"],
  ["shell", "OLLAMA_HOST=0.0.0.0 ollama list"],
  ["shell", "export OLLAMA_HOST=$(hostname -I)"],
  ["shell", "[ -n x ] && export OLLAMA_HOST=0.0.0.0"],
  ["manager", "DefaultEnvironment=OLLAMA_HOST=0.0.0.0"],
];

describe("a line that an earlier attempt left behind", () => {
  for (const [kind, line] of GOES) {
    test(`goes: ${line}`, () => assert.notEqual(editLeftoverLine(kind, "OLLAMA_HOST", line, null), null));
  }
  for (const [kind, line] of STAYS) {
    test(`stays: ${line}`, () => assert.equal(editLeftoverLine(kind, "OLLAMA_HOST", line, null), null));
  }
  test("stays where the line before goes on in it", () => {
    assert.equal(editLeftoverLine("pam", "OLLAMA_HOST", "OLLAMA_HOST=0.0.0.0", "A=1\\"), null);
  });
  for (const shell of ["sh", "bash"]) {
    test(`leaves a branch that ${shell} still takes`, () => {
      const edit = editLeftoverLine("shell", "OLLAMA_HOST", "  export OLLAMA_HOST=0.0.0.0", "if true; then");
      assert.ok(edit !== null);
      const script = ["if true; then", ...edit, "fi", "echo ${OLLAMA_HOST-none}"].join("\n");
      const { stdout } = spawnSync(shell, ["-c", script], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
      assert.equal(stdout, "none\n");
    });
  }
});
