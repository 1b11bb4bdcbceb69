import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { WALLS } from "./walls.ts";

const root = join(import.meta.dirname, "..");

/** Lints one module as if it stood in a room, with the repository's own configuration, in a folder thrown away after. */
function lintPlanted(room: string, module: string): string {
  const house = mkdtempSync(join(tmpdir(), "portlock-walls-"));
  try {
    cpSync(join(root, "oxlint.config.ts"), join(house, "oxlint.config.ts"));
    cpSync(join(root, "lint"), join(house, "lint"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(house, "node_modules"));
    // One level deeper than the rooms themselves, so that the walls are seen to hold for sub-folders too.
    const folder = join(house, "src", room, "planted");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "violation.ts");
    writeFileSync(file, module.replaceAll('"../', '"../../'));
    const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
    return spawnSync(process.execPath, [oxlint, "--format=json", file], { cwd: house, encoding: "utf8" }).stdout;
  } finally {
    rmSync(house, { recursive: true, force: true });
  }
}

for (const wall of WALLS) {
  test(`the wall of ${wall.room} against ${wall.forbids.slice(0, 30)}… stops a violation: ${wall.reason}`, () => {
    const report = lintPlanted(wall.room, wall.violation);
    assert.match(report, /no-restricted-imports/);
    assert.ok(report.includes(wall.reason.slice(0, 40)), report);
  });
}

test("a module that keeps within the walls passes", () => {
  const report = lintPlanted("judge", 'import type { Facts } from "../facts/facts.ts";\nexport type Known = Facts;\n');
  assert.doesNotMatch(report, /no-restricted-imports/);
  assert.match(report, /"number_of_files": *1/);
});
