import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parsePamConfiguration, parsePamEnvironment } from "./pam-environment.ts";

const NAMES = ["A", "B", "C"];

/** What pam_env.so of Linux-PAM 1.5.2 (Debian 12) put into the session for each /etc/environment. */
const SEEN: readonly [name: string, text: string, sets: string[]][] = [
  ["plain and quoted", 'A=1\nB="2"\n', ["A=1", "B=2"]],
  ["export is skipped, but only with one blank", "export A=1\nexport  B=2\nexport\tC=3\n", ["A=1"]],
  ["# ends the value wherever it stands, also in quotes", 'A=x#y\nB="x#y"\nC=1 # c\n', ["A=x", "B=x", "C=1 "]],
  ["a closing quote comes off only at the very end", "A='1 2' # x\nB=\"2\"   \n", ["A=1 2' ", 'B=2"   ']],
  ["inner quotes stay", 'A="a"b"c"\nB=a"b"\n', ['A=a"b"c', 'B=a"b"']],
  ["quotes need not match", 'A=\'1"\nB="\nC=""\n', ["A=1", "B=", "C="]],
  ["blanks around = spoil the name", "  A = 1\n  B=1\n", ["B=1"]],
  ["a backslash at the end continues, over comments too", "A=1 \\\n# c\nB=2\nC=3\n", ["A=1 B=2", "C=3"]],
  ["a file that ends in a backslash loses the line", "A=1\\\n", []],
  ["other backslashes stay", "A=\\x\n", ["A=\\x"]],
  ["one assignment a line", "A=1 B=2\nC=1;D=2\n", ["A=1 B=2", "C=1;D=2"]],
  ["nothing is expanded", "A=$HOME ${HOME} @{HOME}\n", ["A=$HOME ${HOME} @{HOME}"]],
  ["carriage returns stay in the value", 'A=1\r\nB="2"\r\n', ["A=1\r", 'B=2"\r']],
  ["a quoted text ends with its line", 'A="1\n2"\nB=3\n', ["A=1", "B=3"]],
  ["; is no comment sign", "; A=1\n#B=2\n", []],
  ["curly quotes are no quotes", "A=“1”\n", ["A=“1”"]],
];
for (const [name, text, sets] of SEEN) {
  test(name, () => {
    const found = parsePamEnvironment(text, NAMES);
    assert.deepEqual(
      found.map(({ name: variable, value }) => `${variable}=${value}`),
      sets,
    );
  });
}

const CONFIGURED: readonly [text: string, sets: string[]][] = [
  ["A DEFAULT=1\n", ["1 A=1"]],
  ["# A DEFAULT=1\nA\tDEFAULT=x OVERRIDE=y\n", ["2 A=y"]],
  ['A DEFAULT="a b" OVERRIDE=\n', ["1 A=a b"]],
  ["A DEFAULT=@{HOME}/x\n", ["1 A=@{HOME}/x"]],
  ['A="1"\n', ["1 A=1"]],
  ["A\nD DEFAULT=1\n", []],
];
for (const [text, sets] of CONFIGURED) {
  test(`pam_env.conf: ${JSON.stringify(text)}`, () => {
    const found = parsePamConfiguration(text, NAMES);
    assert.deepEqual(
      found.map(({ name, value, line }) => `${String(line)} ${name}=${value}`),
      sets,
    );
  });
}

test("random text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      parsePamEnvironment(`A=${text}\nA${text}`, NAMES);
      parsePamConfiguration(`A=${text}\nA ${text}\nA DEFAULT=${text}`, NAMES);
    }),
  );
});
