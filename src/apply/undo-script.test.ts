import assert from "node:assert/strict";
import { spawn, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import type { Step } from "../plan/plan.ts";
import { toStepFiles } from "./step-files.ts";
import { look, openBench, toPlan } from "../../test/a-change.ts";
import { UNDO_SCRIPT } from "./undo-script.ts";

const bench = openBench();
after(() => bench.remove());

const SHELLS: readonly (readonly string[])[] = [["dash"], ["bash", "--posix"], ["busybox", "sh"]];
/** The `cp` in BusyBox keeps whole seconds of a file's time. */
const TO_SECONDS: readonly string[] = ["busybox"];
const NOT_HERE = "is not on this machine";

function missing(program: string): string | false {
  return spawnSync(program, ["-c", ":"]).error === undefined ? false : `${program} ${NOT_HERE}`;
}

interface Laid {
  readonly tree: string;
  readonly folder: string;
  readonly run: (shell: readonly string[], ...words: readonly string[]) => SpawnSyncReturns<string>;
}

let laid = 0;

/** A change as `applyPlan` lays it, without anything being done. */
function lay(...steps: readonly ((tree: string) => Partial<Step>)[]): Laid {
  laid += 1;
  const tree = join(bench.tree, `tree-${laid}`);
  const state = join(bench.state, `state-${laid}`);
  const folder = join(state, "20261128T060000Z-0001");
  mkdirSync(tree);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(state, "lock"), "");
  writeFileSync(join(folder, "undo.sh"), UNDO_SCRIPT);
  writeFileSync(join(folder, "state"), "applying\n");
  writeFileSync(join(folder, "journal.jsonl"), "");
  for (const word of ["undoing", "undone", "undo-failed"]) writeFileSync(join(folder, `state.${word}`), `${word}\n`);
  for (const [index, step] of toPlan(...steps.map((make) => make(tree))).steps.entries()) {
    const stepFolder = join(folder, "steps", String(index + 1).padStart(3, "0"));
    mkdirSync(stepFolder, { recursive: true });
    for (const { name, text } of toStepFiles(step)) writeFileSync(join(stepFolder, name), text);
  }
  const script = join(folder, "undo.sh");
  return {
    tree,
    folder,
    run: ([program = "", ...options], ...words) =>
      spawnSync(program, [...options, script, ...words], { encoding: "utf8", timeout: 60_000 }),
  };
}

function readWord(folder: string): string {
  return readFileSync(join(folder, "state"), "utf8").trim();
}

/** What a place of a tree holds. */
type Thing =
  | { readonly kind: "none" | "folder" }
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: "link"; readonly to: string };

const PLACES = ["a", "b c", "-d", "é\n", "sub/e", "sub/*", "new/f", "new/deep/g"] as const;
const THING: fc.Arbitrary<Thing> = fc.oneof(
  fc.constant<Thing>({ kind: "none" }),
  fc.record({
    kind: fc.constant("file" as const),
    bytes: fc.uint8Array({ maxLength: 40 }),
    mode: fc.integer({ min: 0, max: 0o7777 }),
  }),
  fc.record({ kind: fc.constant("link" as const), to: fc.constantFrom("a", "sub", "/nowhere", "../..") }),
);
const TREE = fc.tuple(...PLACES.map(() => THING));

function put(tree: string, things: readonly Thing[], mayHaveNew: boolean): void {
  for (const [index, place] of PLACES.entries()) {
    const path = join(tree, place);
    const thing = things[index];
    if (place.startsWith("new/") && !mayHaveNew) continue;
    rmSync(path, { force: true });
    if (thing?.kind === "file") {
      writeFileSync(path, thing.bytes);
      chmodSync(path, thing.mode);
    } else if (thing?.kind === "link") symlinkSync(thing.to, path);
  }
}

for (const shell of SHELLS) {
  const [program = ""] = shell;
  const skip = missing(program);

  test(`${program}: whatever the files were and became, undo gives back what they were`, { skip }, () => {
    fc.assert(
      fc.property(TREE, TREE, fc.boolean(), (was, became, isCutOff) => {
        const { tree, folder, run } = lay((path) => ({
          folders: [join(path, "new"), join(path, "new", "deep")],
          files: PLACES.map((place) => ({ path: join(path, place), edit: { kind: "remove" } })),
        }));
        mkdirSync(join(tree, "sub"));
        put(tree, was, false);
        const lookAgain = (): readonly string[] =>
          TO_SECONDS.includes(program) ? look(tree).map((line) => line.replace(/ (\d{10})\d{9} /, " $1 ")) : look(tree);
        const before = lookAgain();

        const kept = run(shell, "keep", "001");
        assert.equal(kept.status, 0, kept.stderr);
        if (!isCutOff) {
          mkdirSync(join(tree, "new", "deep"), { recursive: true });
          put(tree, became, true);
        }
        // More than once is as good as once.
        assert.equal(run(shell, "undo").status, 0, readFileSync(join(folder, "journal.jsonl"), "utf8"));
        assert.equal(readWord(folder), "undone");
        assert.deepEqual(lookAgain(), before);
        writeFileSync(join(folder, "state"), "undoing\n");
        assert.equal(run(shell, "undo").status, 0);
        assert.deepEqual(lookAgain(), before);
      }),
      { numRuns: 25, includeErrorInReport: true },
    );
  });

  test(`${program}: permissions are set on what was kept, and on nothing that took its name`, { skip }, () => {
    const { tree, folder, run } = lay((path) => ({
      modes: [
        { path: join(path, "key"), from: 0o644, to: 0o600 },
        { path: join(path, "models"), from: 0o777, to: 0o755 },
      ],
    }));
    writeFileSync(join(tree, "key"), "");
    writeFileSync(join(tree, "shadow"), "", { mode: 0o600 });
    mkdirSync(join(tree, "models"));
    chmodSync(join(tree, "key"), 0o644);
    chmodSync(join(tree, "models"), 0o777);
    const before = look(tree);
    assert.equal(run(shell, "keep", "001").status, 0);
    assert.equal(run(shell, "set-modes", "001").status, 0);
    const changed = look(tree);
    assert.match(changed.join("\n"), /key 100600 .*\nmodels 40755 /);
    assert.equal(run(shell, "undo").status, 0);
    assert.deepEqual(look(tree), before);

    unlinkSync(join(tree, "key"));
    symlinkSync("shadow", join(tree, "key"));
    const replaced = look(tree);
    writeFileSync(join(folder, "state"), "applied\n");
    assert.equal(run(shell, "undo").status, 1);
    assert.equal(readWord(folder), "undo-failed");
    assert.deepEqual(look(tree), replaced);
  });

  test(`${program}: commands get their words as they are, and no shell sees them`, { skip }, () => {
    const words = ["", " ", "a b", "*", "$(touch owned)", "`id`", "'", '"', "\\", "\\n", "\n", "%s", "é", "-n", "a=b"];
    const { tree, folder, run } = lay((path) => ({
      undo: {
        before: [["podman", "create", "--name=any", ...words]],
        after: [["cp", "-a", "--", join(path, "b c"), join(path, "copied")]],
      },
    }));
    // `env` finds this one by its path, where the real one would be found by its name.
    const said = join(tree, "said");
    writeFileSync(join(tree, "program"), `#!/bin/sh\nprintf '%s\\0' "$@" >'${said}'\n`, { mode: 0o755 });
    const argv = join(folder, "steps", "001", "undo-before-001.argv");
    writeFileSync(argv, readFileSync(argv, "utf8").replace(/^podman\n/, `${join(tree, "program")}\n`));
    writeFileSync(join(tree, "b c"), "");
    assert.equal(run(shell, "keep", "001").status, 0);
    writeFileSync(join(folder, "steps", "001", "ran"), "");
    assert.equal(run(shell, "undo").status, 0, readFileSync(join(folder, "journal.jsonl"), "utf8"));
    assert.equal(readFileSync(said, "utf8"), ["create", "--name=any", ...words].map((word) => `${word}\0`).join(""));
    assert.ok(existsSync(join(tree, "copied")));
  });

  test(`${program}: where no command was begun, none is run to take it back`, { skip }, () => {
    const { tree, run } = lay((path) => ({
      undo: {
        before: [["mkdir", "-m", "0755", "--", join(path, "x")]],
        after: [["mkdir", "-m", "0755", "--", join(path, "y")]],
      },
    }));
    assert.equal(run(shell, "keep", "001").status, 0);
    assert.equal(run(shell, "undo").status, 0);
    assert.deepEqual(look(tree), []);
  });

  test(`${program}: what fails is told in a line that can be read, whatever its name`, { skip }, () => {
    const { tree, folder, run } = lay((path) => ({
      files: [{ path: join(path, 'x"\n\u001b[31m\\'), edit: { kind: "remove" } }],
    }));
    const path = join(tree, 'x"\n\u001b[31m\\');
    writeFileSync(path, "");
    assert.equal(run(shell, "keep", "001").status, 0);
    unlinkSync(path);
    mkdirSync(path);
    writeFileSync(join(folder, "journal.jsonl"), '{"cut off');
    assert.equal(run(shell, "undo").status, 1);
    const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").trimEnd().split("\n");
    const events: readonly unknown[] = lines.slice(1).map((line): unknown => JSON.parse(line));
    assert.deepEqual(
      events.map((event) => Object(event).what),
      ["undo-begun", "undo-step-failed", "undo-failed"],
    );
    assert.match(String(Object(events[1]).detail), /x" \[31m\\: /);
  });
}

test("an undo that is killed at any time is finished by the next one", async () => {
  for (let delayMs = 0; delayMs < 120; delayMs += 6) {
    const { tree, folder, run } = lay(
      (path) => ({
        folders: [join(path, "new")],
        files: [
          { path: join(path, "new", "x"), edit: { kind: "remove" } },
          { path: join(path, "a"), edit: { kind: "remove" } },
        ],
      }),
      (path) => ({ files: [{ path: join(path, "b"), edit: { kind: "remove" } }] }),
    );
    for (const name of ["a", "b"]) writeFileSync(join(tree, name), `${name}\n`, { mode: 0o640 });
    const before = look(tree);
    for (const step of ["001", "002"]) assert.equal(run(["sh"], "keep", step).status, 0);
    mkdirSync(join(tree, "new"));
    for (const name of ["a", "b", "new/x"]) writeFileSync(join(tree, name), "changed\n");

    const child = spawn("sh", [join(folder, "undo.sh"), "undo"], { detached: true, stdio: "ignore" });
    const ended = once(child, "exit");
    await sleep(delayMs);
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;

    assert.equal(run(["sh"], "undo").status, 0);
    assert.equal(readWord(folder), "undone");
    assert.deepEqual(look(tree), before, `killed after ${delayMs} ms`);
  }
});

describe("the script", () => {
  test("has no fault that shellcheck finds", { skip: missing("shellcheck") }, () => {
    const path = join(bench.state, "undo.sh");
    mkdirSync(bench.state, { recursive: true });
    writeFileSync(path, UNDO_SCRIPT);
    const { stdout, status } = spawnSync("shellcheck", ["--shell=sh", path], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("puts no text through a shell", () => {
    assert.doesNotMatch(UNDO_SCRIPT, /\beval\b|\bsh -c\b|`/);
  });

  test("does not know words it was not told", () => {
    const { run } = lay();
    assert.equal(run(["sh"], "redo").status, 64);
    assert.equal(run(["sh"]).status, 64);
  });
});
