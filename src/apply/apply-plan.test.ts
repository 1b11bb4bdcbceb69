import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openLocalWriter } from "../host/local-writer.ts";
import type { Step } from "../plan/plan.ts";
import { applyPlan } from "./apply-plan.ts";
import { ChangeError } from "./change-error.ts";
import type { Journal } from "./journal.ts";
import { readHistory } from "./read-history.ts";
import { type Bench, look, openBench, toPlan } from "../../test/a-change.ts";
import { undoChange } from "./undo-change.ts";

const host = openLocalWriter();
const benches: Bench[] = [];
after(async () => {
  await host.close();
  for (const bench of benches) bench.remove();
});

function bench(): Bench {
  const opened = openBench();
  benches.push(opened);
  writeFileSync(join(opened.tree, "settings"), "# mine\nHOST=0.0.0.0\nOTHER=1\n", { mode: 0o640 });
  writeFileSync(join(opened.tree, "key"), "secret\n");
  chmodSync(join(opened.tree, "key"), 0o644);
  return opened;
}

/** A step of each kind of change at once. */
function toChangeOf(tree: string, more: Partial<Step> = {}): Partial<Step> {
  return {
    folders: [join(tree, "unit.d"), join(tree, "unit.d", "deeper")],
    files: [
      { path: join(tree, "unit.d", "deeper", "zz.conf"), edit: { kind: "write", text: "[Service]\n", mode: 0o644 } },
      {
        path: join(tree, "settings"),
        edit: { kind: "splice", splices: [{ line: 2, removed: ["HOST=0.0.0.0"], inserted: ["HOST=127.0.0.1"] }] },
      },
    ],
    modes: [{ path: join(tree, "key"), from: 0o644, to: 0o600 }],
    ...more,
  };
}

function whats(journal: Journal): readonly string[] {
  return journal.events.map(({ what, step }) => (step === null ? what : `${what} ${step}`));
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof ChangeError && error.trouble.code === code);
}

/** Extended attributes and access lists of a file, as their own tools print them. */
function readAttributes(path: string): string {
  const attributes = execFileSync("getfattr", ["-d", "-m", "-", "--absolute-names", path], { encoding: "utf8" });
  return attributes + execFileSync("getfacl", ["--absolute-names", "--numeric", path], { encoding: "utf8" });
}

const withoutAttributes = ["setfattr", "setfacl"].some((tool) => spawnSync(tool, ["--version"]).error !== undefined);

describe("a plan that is carried out", () => {
  const skip = withoutAttributes && "the packages acl and attr are not installed";
  test("keeps extended attributes and access lists, and undo gives them back", { skip }, async () => {
    const { tree, state, settings } = bench();
    const file = join(tree, "settings");
    execFileSync("setfattr", ["-n", "user.portlock", "-v", "kept 模型", file]);
    execFileSync("setfacl", ["-m", "u:1234:rw,g:4321:r", file]);
    const was = readAttributes(file);
    assert.match(was, /user\.portlock=[^]*user:1234:rw-/);
    await applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));
    assert.match(readFileSync(file, "utf8"), /127\.0\.0\.1/);
    assert.equal(readAttributes(file), was);
    // Whatever becomes of them meanwhile.
    execFileSync("setfattr", ["-x", "user.portlock", file]);
    execFileSync("setfacl", ["-b", file]);
    await undoChange(host, null, state);
    assert.equal(readAttributes(file), was);
  });

  test("changes what it says, and undo gives everything back", async () => {
    const { tree, state, settings } = bench();
    const before = look(tree);

    const applied = await applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));

    assert.equal(applied.state, "applied");
    assert.deepEqual(whats(applied), ["begun", "armed", "step-begun 1", "step-done 1", "verified", "applied"]);
    assert.equal(readFileSync(join(tree, "settings"), "utf8"), "# mine\nHOST=127.0.0.1\nOTHER=1\n");
    assert.equal(statSync(join(tree, "settings")).mode & 0o777, 0o640);
    assert.equal(statSync(join(tree, "key")).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(tree, "unit.d", "deeper", "zz.conf"), "utf8"), "[Service]\n");

    const undone = await undoChange(host, null, state);

    assert.equal(undone.state, "undone");
    assert.deepEqual(whats(undone).slice(-3), ["undo-begun", "step-undone 1", "undone"]);
    assert.deepEqual(look(tree), before);
    assert.deepEqual((await readHistory(host, state)).journals, [undone]);
  });

  test("that is not verified afterwards is taken back", async () => {
    const { tree, settings } = bench();
    const before = look(tree);
    const journal = await applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(false));
    assert.equal(journal.state, "undone");
    assert.ok(whats(journal).includes("not-verified"));
    assert.deepEqual(look(tree), before);
  });

  test("whose check breaks is taken back, and says how it broke", async () => {
    const { tree, state, settings } = bench();
    const before = look(tree);
    const applying = applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.reject(new Error("broken")));
    await assert.rejects(applying, /broken/);
    assert.deepEqual(look(tree), before);
    assert.equal((await readHistory(host, state)).journals[0]?.state, "undone");
  });
});

/** What makes a second step fail, and what the journal says of it. */
const FAULTS: readonly (readonly [what: string, step: (tree: string) => Partial<Step>, says: RegExp])[] = [
  ["a command that fails", () => ({ commands: [["rmdir", "--", "/proc/1"]] }), /^rmdir: exit code 1: /],
  ["a command whose program is not there", () => ({ commands: [["podman", "start", "--", "x"]] }), /^podman: /],
  [
    "a file that is another by now",
    (tree) => ({
      files: [
        {
          path: join(tree, "settings"),
          edit: { kind: "splice", splices: [{ line: 1, removed: ["# yours"], inserted: [] }] },
        },
      ],
    }),
    /not as it was/,
  ],
  [
    "a file whose folder is not there",
    (tree) => ({ files: [{ path: join(tree, "none", "x"), edit: { kind: "write", text: "x", mode: 0o644 } }] }),
    /none/,
  ],
  [
    "a file that is a folder",
    (tree) => ({ files: [{ path: join(tree, "folder"), edit: { kind: "write", text: "x", mode: 0o644 } }] }),
    /folder/,
  ],
  [
    "a file that is a link",
    (tree) => ({ files: [{ path: join(tree, "link"), edit: { kind: "write", text: "x", mode: 0o644 } }] }),
    /link/,
  ],
  [
    "permissions that are others by now",
    (tree) => ({ modes: [{ path: join(tree, "settings"), from: 0o666, to: 0o600 }] }),
    /settings/,
  ],
];

describe("a step that fails", () => {
  for (const [what, step, says] of FAULTS) {
    test(`${what}: all steps are taken back`, async () => {
      const { tree, settings } = bench();
      mkdirSync(join(tree, "folder"));
      symlinkSync("key", join(tree, "link"));
      const before = look(tree);
      const checked: boolean[] = [];
      const journal = await applyPlan(host, toPlan(toChangeOf(tree), step(tree)), settings(), () => {
        checked.push(true);
        return Promise.resolve(true);
      });
      assert.equal(journal.state, "undone", JSON.stringify(journal.events));
      const failed = journal.events.find((event) => event.what === "step-failed");
      assert.equal(failed?.step, 2);
      assert.match(failed.detail ?? "", says);
      assert.deepEqual(checked, []);
      assert.deepEqual(look(tree), before);
    });
  }
});

describe("before a change is begun", () => {
  test("whoever else is at work is waited for by nobody", async () => {
    const { tree, state, settings } = bench();
    const before = look(tree);
    await applyPlan(host, toPlan({}), settings(), () => Promise.resolve(true));
    const other = openLocalWriter();
    const hold = await other.hold(join(state, "lock"));
    assert.ok(hold.ok);
    const applying = applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));
    await rejectsWith(applying, "change-at-work");
    assert.deepEqual(look(tree), before);
    await other.close();
  });

  test("an earlier change that waits for its confirmation stands in the way", async () => {
    const { tree, state, settings } = bench();
    const first = settings({ confirmWithinSeconds: 600 });
    await applyPlan(host, toPlan(toChangeOf(tree)), first, () => Promise.resolve(true));
    const second = applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));
    await rejectsWith(second, "change-unfinished");
    await undoChange(host, first.id, state);
  });

  test("a folder of changes that others can write to is refused", async () => {
    const { tree, state, settings } = bench();
    mkdirSync(state);
    chmodSync(state, 0o777);
    const applying = applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));
    await rejectsWith(applying, "state-folder-unsafe");
  });

  test("a path that a shell could not go to safely is refused", async () => {
    const { tree, settings } = bench();
    for (const path of [`${tree}/../x`, "x", `${tree}//x`, `${tree}/`]) {
      const step: Partial<Step> = { files: [{ path, edit: { kind: "write", text: "", mode: 0o644 } }] };
      await rejectsWith(
        applyPlan(host, toPlan(step), settings(), () => Promise.resolve(true)),
        "change-not-begun",
      );
    }
  });
});

describe("undo", () => {
  test("of a change that a later one builds on is refused until the later one is undone", async () => {
    const { tree, state, settings } = bench();
    const before = look(tree);
    const [first, second] = [settings(), settings()];
    await applyPlan(host, toPlan(toChangeOf(tree)), first, () => Promise.resolve(true));
    const path = join(tree, "settings");
    const more: Partial<Step> = {
      target: "other.service",
      files: [{ path, edit: { kind: "splice", splices: [{ line: 1, removed: ["# mine"], inserted: [] }] } }],
    };
    await applyPlan(host, toPlan(more), second, () => Promise.resolve(true));
    await rejectsWith(undoChange(host, first.id, state), "later-change-first");
    await undoChange(host, null, state);
    await undoChange(host, null, state);
    assert.deepEqual(look(tree), before);
    await rejectsWith(undoChange(host, null, state), "nothing-to-undo");
  });

  test("leaves what others have put there, and keeps what they have written", async () => {
    const { tree, state, settings } = bench();
    const { id } = await applyPlan(host, toPlan(toChangeOf(tree)), settings(), () => Promise.resolve(true));
    writeFileSync(join(tree, "unit.d", "theirs.conf"), "theirs\n");
    writeFileSync(join(tree, "settings"), "theirs too\n");
    const undone = await undoChange(host, id, state);
    assert.equal(undone.state, "undone");
    assert.equal(readFileSync(join(tree, "unit.d", "theirs.conf"), "utf8"), "theirs\n");
    assert.equal(readFileSync(join(tree, "settings"), "utf8"), "# mine\nHOST=0.0.0.0\nOTHER=1\n");
    const found = join(state, id, "steps", "001", "file-002.found");
    assert.equal(readFileSync(found, "utf8"), "theirs too\n");
  });

  test("that fails in one step goes on with the others, says so, and can be run again", async () => {
    const { tree, state, settings } = bench();
    const before = look(tree);
    const steps = [toChangeOf(tree), { undo: { before: [], after: [["rmdir", "--", join(tree, "later")]] } }] as const;
    const { id } = await applyPlan(host, toPlan(...steps), settings(), () => Promise.resolve(true));
    const failed = await undoChange(host, id, state);
    assert.equal(failed.state, "undo-failed");
    const said = failed.events.find(({ what }) => what === "undo-step-failed");
    assert.equal(said?.step, 2);
    assert.match(said.detail ?? "", /rmdir/);
    assert.deepEqual(look(tree), before);
    mkdirSync(join(tree, "later"));
    assert.equal((await undoChange(host, id, state)).state, "undone");
    assert.deepEqual(look(tree), before);
  });

  test("does not follow a link that was put in place of a folder", async () => {
    const { tree, state, settings } = bench();
    mkdirSync(join(tree, "home"));
    writeFileSync(join(tree, "home", "x"), "mine\n");
    mkdirSync(join(tree, "elsewhere"));
    const step: Partial<Step> = {
      files: [{ path: join(tree, "home", "x"), edit: { kind: "write", text: "new\n", mode: 0o644 } }],
    };
    const { id } = await applyPlan(host, toPlan(step), settings(), () => Promise.resolve(true));
    await host.change(["mv", "-f", "--", join(tree, "home"), join(tree, "moved")]);
    symlinkSync("elsewhere", join(tree, "home"));
    assert.equal((await undoChange(host, id, state)).state, "undo-failed");
    assert.deepEqual(look(join(tree, "elsewhere")), []);
  });
});
