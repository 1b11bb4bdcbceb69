import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChangeState, Journal } from "../apply/journal.ts";
import { toPlan } from "../../test/a-change.ts";
import { formatHistory, formatJournal } from "./journal.ts";
import type { TextOptions } from "./text.ts";
import { EN } from "./words/en.ts";
import { ZH_CN } from "./words/zh-CN.ts";
import { toOwnCommand } from "./own-command.ts";

const ENGLISH: TextOptions = { words: EN, width: 100, colour: false, linear: false, own: toOwnCommand("localhost") };
const ID = "20261128T060102Z-3f9a";

const STATES: readonly ChangeState[] = ["applying", "waiting", "applied", "undoing", "undone", "undo-failed"];

function toJournal(state: ChangeState, more: Partial<Journal> = {}): Journal {
  return {
    schema: "portlock.journal/1",
    id: ID,
    state,
    confirmBy: null,
    plan: toPlan({}),
    events: [{ at: "2026-11-28T06:01:02.000Z", what: "begun", step: null, detail: null }],
    ...more,
  };
}

test("a history is a table, and below it what needs somebody", () => {
  const waiting = toJournal("waiting", { id: "20261128T060202Z-0001", confirmBy: "2026-11-28T06:03:32.000Z" });
  const text = formatHistory({ journals: [toJournal("applied"), waiting], damaged: [] }, ENGLISH);
  assert.equal(
    text,
    `Change                 Begun                 State                   What was changed
20261128T060102Z-3f9a  2026-11-28 06:01:02Z  applied                 Change what the service
                                                                     ollama.service starts with
20261128T060202Z-0001  2026-11-28 06:01:02Z  waits for confirmation  Change what the service
                                                                     ollama.service starts with

The change 20261128T060202Z-0001 is in force and waits for its confirmation until
2026-11-28T06:03:32.000Z; after that everything goes back. To keep it:
  portlock confirm 20261128T060202Z-0001
`,
  );
});

test("the steps of one change stand apart", () => {
  const plan = toPlan({});
  const journal = toJournal("applied", { plan: { ...plan, steps: [...plan.steps, ...plan.steps] } });
  assert.match(
    formatHistory({ journals: [journal], damaged: [] }, { ...ENGLISH, width: 200 }),
    /ollama\.service starts with; Change what/,
  );
});

test("a host on which nothing was changed says so, and so does one whose changes are damaged", () => {
  assert.equal(formatHistory({ journals: [], damaged: [] }, ENGLISH), "Portlock has changed nothing on this host.\n");
  const damaged = formatHistory({ journals: [], damaged: [{ id: ID, part: "plan" }] }, ENGLISH);
  assert.match(damaged, /^The change 20261128T060102Z-3f9a cannot be told: its plan is damaged\./);
});

test("what failed is told with the words of the tool, printable", () => {
  const events: Journal["events"] = [
    { at: "2026-11-28T06:01:02.000Z", what: "step-failed", step: 2, detail: "systemctl: \u001b[31mno\u202e" },
    { at: "2026-11-28T06:01:03.000Z", what: "undo-step-failed", step: 1, detail: "/etc/x: busy" },
  ];
  const text = formatJournal(toJournal("undo-failed", { events }), ENGLISH);
  assert.match(text, /^The change \S+ could NOT be taken back in full/);
  assert.ok(
    text.endsWith("Step 2 failed: systemctl: \\x1b[31mno\\u202e\nStep 1 was not fully taken back: /etc/x: busy\n"),
  );
  assert.ok(!formatJournal(toJournal("undone", { events }), ENGLISH).includes("busy"));
});

test("every state has its words in both languages", () => {
  for (const words of [EN, ZH_CN]) {
    const said = STATES.flatMap((state) => {
      const journal = toJournal(state);
      return [
        formatJournal(journal, { ...ENGLISH, words }),
        formatHistory({ journals: [journal], damaged: [] }, { ...ENGLISH, words, linear: true }),
      ];
    });
    assert.equal(new Set(said).size, said.length);
  }
});

test("a step of a newer Portlock is told by what it is about", () => {
  const plan = JSON.parse(JSON.stringify(toPlan({})).replace('"set-unit"', '"set-moon"'));
  assert.match(formatHistory({ journals: [toJournal("applied", { plan })], damaged: [] }, ENGLISH), /ollama\.service/);
});

test("a change of another host is kept, and taken back, by a command that says so, on a line of its own", () => {
  const options = { ...ENGLISH, width: 40, own: toOwnCommand("ssh://root@[fd00::1]:2222") };
  const host = "--host 'ssh://root@[fd00::1]:2222'";
  for (const [state, command] of [
    ["applying", "undo"],
    ["waiting", "confirm"],
    ["applied", "undo"],
    ["undoing", "undo"],
    ["undo-failed", "undo"],
  ] as const) {
    for (const words of [EN, ZH_CN]) {
      const lines = formatJournal(toJournal(state), { ...options, words }).split("\n");
      assert.ok(lines.includes(`  portlock ${command} ${ID} ${host}`), lines.join("\n"));
    }
  }
});
