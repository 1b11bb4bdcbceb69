import type { History, Journal } from "../apply/journal.ts";
import type { ChangeState } from "../apply/journal.ts";
import { toPaint, type Paint, type Style } from "./colour.ts";
import { toPrintable } from "./printable.ts";
import { formatTable, wrapText } from "./table.ts";
import type { TextOptions } from "./text.ts";
import type { Words } from "./words/words.ts";

/** The document of all changes of a host, `portlock.history/1`. */
export interface HistoryDocument extends History {
  readonly schema: "portlock.history/1";
}

/** Columns of a name from the host, and of what a tool said. */
const WIDEST = 200;
const WIDEST_DETAIL = 400;

const COLOURS: Readonly<Record<ChangeState, Style>> = {
  applying: "yellow",
  waiting: "yellow",
  applied: "green",
  undoing: "yellow",
  undone: "dim",
  "undo-failed": "red",
};

/** All changes of a host as text that ends in a newline, oldest first; then those that need somebody. */
export function formatHistory({ journals, damaged }: History, options: TextOptions): string {
  const { words, width, colour, linear } = options;
  const says = words.journal;
  const paint = toPaint(colour);
  const rows = journals.map((journal) => toRow(journal, words, paint));
  const { id, begunAt, state, changed } = says.headings;
  const columns = [
    { heading: id, fixed: true },
    { heading: begunAt, fixed: true },
    { heading: state },
    { heading: changed },
  ];
  const table = linear ? null : formatTable(columns, rows, width, (line) => paint("dim", line));
  const open = journals.filter((journal) => journal.state !== "applied" && journal.state !== "undone");
  const told = [
    ...open.map((journal) => toOutcomeLines(journal, options)),
    ...damaged.map((change) => wrapText(says.damaged(change.id, change.part), width)),
  ].flatMap((lines) => ["", ...lines]);
  const lines = rows.length === 0 ? (damaged.length === 0 ? [says.nothing] : []) : (table ?? formatRows(rows, words));
  return `${[...lines, ...told].join("\n").replace(/^\n/, "")}\n`;
}

/** How one change ended, as text that ends in a newline: what is so now, and which steps failed with what words. */
export function formatJournal(journal: Journal, options: TextOptions): string {
  const { words, width, colour } = options;
  const paint = toPaint(colour);
  const says = words.journal;
  const failures = journal.events.flatMap(({ what, step, detail }) => {
    const said = toPrintable(detail ?? "?", WIDEST_DETAIL);
    if (what === "step-failed") return wrapText(says.stepFailed(step, said), width);
    // What failed in an earlier try may be mended by now.
    if (what === "undo-step-failed" && journal.state === "undo-failed") {
      return wrapText(says.undoFailed(step, said), width);
    }
    return [];
  });
  return `${[...toOutcomeLines(journal, options).map((line) => paint(COLOURS[journal.state], line)), ...failures].join("\n")}\n`;
}

/** How a change stands; the command that goes on from there is never wrapped, because it is there to be copied. */
function toOutcomeLines({ state, id, confirmBy }: Journal, { words, width, own }: TextOptions): readonly string[] {
  const text = wrapText(words.journal.outcome(state, id, confirmBy), width);
  if (state === "undone") return text;
  return [...text, `  ${own(state === "waiting" ? "confirm" : "undo", id)}`];
}

interface HistoryCell {
  readonly text: string;
  readonly paint?: (line: string) => string;
}

function toRow(journal: Journal, words: Words, paint: Paint): readonly HistoryCell[] {
  const { id, state, events, plan } = journal;
  const changed = plan.steps.map(({ kind, target }) => {
    const name = toPrintable(target, WIDEST);
    // Another version of Portlock may know more kinds of steps.
    return Object.hasOwn(words.plan.steps, kind) ? words.plan.steps[kind](name) : name;
  });
  return [
    { text: id },
    { text: toTime(events[0]?.at ?? plan.madeAt) },
    { text: words.journal.states[state], paint: (line) => paint(COLOURS[state], line) },
    { text: changed.join(words.plan.separator) },
  ];
}

function formatRows(rows: readonly (readonly HistoryCell[])[], words: Words): readonly string[] {
  const { id, begunAt, state, changed } = words.journal.headings;
  const headings = [id, begunAt, state, changed];
  return rows.flatMap((row) => row.map(({ text }, index) => words.labelled(headings[index] ?? "", text)));
}

/** `2026-11-28 06:01:02Z`. */
function toTime(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")}Z`;
}
