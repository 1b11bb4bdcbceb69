import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadDropIns, whyNoManager } from "../../test/systemd-manager.ts";
import { UNIT_FILE_SAMPLES } from "../../test/unit-file-samples.ts";
import { parseUnitFile } from "./unit-file.ts";

const skip = whyNoManager() ?? false;
const VARIABLES = ["OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_MODELS"];

test("the samples are what the systemd of this machine takes", { skip }, () => {
  const loaded = loadDropIns(UNIT_FILE_SAMPLES.map(({ text }) => text));
  UNIT_FILE_SAMPLES.forEach(({ name, takes }, index) => {
    assert.deepEqual(loaded[index]?.toSorted(), lastOfEach(takes), name);
  });
});

test("600 generated drop-ins: the same environment as systemd's", { skip }, () => {
  const texts = fc.sample(dropIn(), { numRuns: 600, seed: 20261122 });
  const loaded = loadDropIns(texts);
  texts.forEach((text, index) => {
    const theirs = loaded[index]?.filter((assignment) => VARIABLES.includes(assignment.split("=", 1)[0] ?? ""));
    assert.deepEqual(environmentOf(text), theirs?.toSorted(), JSON.stringify(text));
  });
});

/** What a manager that read only this file would hand to the process. */
function environmentOf(text: string): readonly string[] {
  let assigned: string[] = [];
  for (const { key, value, fault, assignments } of parseUnitFile(text, VARIABLES)) {
    if (key !== "Environment") continue;
    if (value === "" && fault === null) assigned = [];
    for (const assignment of assignments) {
      if (assignment.taken) assigned.push(`${assignment.name}=${assignment.value}`);
    }
  }
  return lastOfEach(assigned);
}

function lastOfEach(assignments: readonly string[]): readonly string[] {
  const last = new Map(assignments.map((assignment) => [assignment.split("=", 1)[0], assignment]));
  return [...last.values()].toSorted();
}

const PIECES: readonly string[] = [
  ["#", ";", "=", "1", "x", "“", "”", "é", "\u00a0", "\uFFFD"],
  ["0.0.0.0", "//", "$A", '"', '"', "'", "'", " ", " ", " ", "\t", "%%", "% ", "%1", "%"],
  ["\\", "\\\\", '\\"', "\\s", "\\a", "\\q", "\\x2d", "\\xff", "\\x", "\\055", "\\777"],
  ["\\u00e9", "\\ud800", "\\U0001f600", "\\U00110000", "\\U0000d800"],
  ["\\\n", "\\\n# c\n", "\\\n;\n"],
].flat();

/** Drop-ins made of the pieces that matter; escapes that make line ends are left out, the dump is line-based. */
function dropIn(): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...VARIABLES.map((name) => `${name}=`), ...PIECES);
  const value = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
  const line = fc.oneof(
    { weight: 12, arbitrary: value.map((text) => `Environment=${text}`) },
    { weight: 1, arbitrary: value.map((text) => ` Environment =\t${text}`) },
    { weight: 1, arbitrary: value },
    {
      weight: 1,
      arbitrary: fc.constantFrom("[Service]", "[Unit]", "[service]", "[X-a]", "[Service", "# Environment="),
    },
    { weight: 1, arbitrary: fc.constantFrom("", "Environment=", "\\", "Environment") },
  );
  const end = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r");
  return fc
    .array(fc.tuple(line, end), { minLength: 1, maxLength: 5 })
    .map((lines) => `[Service]\n${lines.map(([text, lineEnd]) => text + lineEnd).join("")}`);
}
