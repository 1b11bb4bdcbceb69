import { listPeople, toPerson } from "./people-file.ts";

/** Lines of a file that go and lines that come in their place; every other byte stays. */
export interface Splice {
  /** Where, counted from 1 in the file as it was: the first line that goes, or the one before which lines come. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly inserted: readonly string[];
}

/** What is done to one file. Only lines that are about a setting stand here: files hold other people's secrets. */
export type FileEdit =
  /** A file that is Portlock's own, whole. */
  | { readonly kind: "write"; readonly text: string; readonly mode: number }
  /** In the order of their lines, none overlapping. */
  | { readonly kind: "splice"; readonly splices: readonly Splice[] }
  | { readonly kind: "remove" }
  /**
   * Who is let in by a proxy, a line each. The names stand here; the lines hold what proves them, and are made when
   * it is applied, so that no plan holds them.
   */
  | {
      readonly kind: "people";
      readonly adds: readonly string[];
      readonly removes: readonly string[];
      /** Of a file that was not there; null: it is. */
      readonly mode: number | null;
    };

/** A file as it is on the host; null where there is none. */
export type FileText = string | null;

/** The text an edit makes of a file; `moved-on` where the file is not the one the edit was made for. */
export type Edited = { readonly ok: true; readonly text: FileText } | { readonly ok: false; readonly why: "moved-on" };

/** The lines of people by their names, for edits of the kind `people`. */
export type PeopleLines = ReadonlyMap<string, string>;

/**
 * Does an edit to a text. Line ends stay as they are, a last line without one too; a line that comes has the line
 * end of the first line of the file. Splices fit only where each removed line is there, byte for byte.
 */
export function applyEdit(text: FileText, edit: FileEdit, lines: PeopleLines = new Map()): Edited {
  if (edit.kind === "write") return { ok: true, text: edit.text };
  if (edit.kind === "people") return editPeople(text, edit, lines);
  if (edit.kind === "remove") return text === null ? { ok: false, why: "moved-on" } : { ok: true, text: null };
  return splice(text, edit.splices);
}

function splice(text: FileText, splices: readonly Splice[]): Edited {
  const lines = toLines(text ?? "");
  const ending = lines[0]?.ending === "\r\n" ? "\r\n" : "\n";
  const edited: Line[] = [];
  let next = 0;
  for (const { line, removed, inserted } of splices) {
    const start = line - 1;
    const fits =
      start >= next && start <= lines.length && removed.every((each, at) => lines[start + at]?.text === each);
    if (!fits) return { ok: false, why: "moved-on" };
    edited.push(...lines.slice(next, start), ...inserted.map((each) => ({ text: each, ending })));
    next = start + removed.length;
  }
  edited.push(...lines.slice(next));
  return { ok: true, text: joinLines(edited, ending) };
}

/** Fits only where everybody who is to go is there, nobody who is to come is, and there is a line for whoever comes. */
function editPeople(
  text: FileText,
  { adds, removes }: Extract<FileEdit, { readonly kind: "people" }>,
  lines: PeopleLines,
): Edited {
  const there = listPeople(text);
  const added = adds.flatMap((name) => lines.get(name) ?? []);
  const fits =
    removes.every((name) => there.includes(name)) &&
    adds.every((name) => !there.includes(name) || removes.includes(name)) &&
    added.length === adds.length;
  if (!fits) return { ok: false, why: "moved-on" };
  const kept = (text ?? "").split("\n").filter((line) => line !== "" && !removes.includes(toPerson(line) ?? ""));
  // Caddy takes a file without a line for none.
  const people = [...kept, ...added].filter((line) => line !== NOBODY);
  return { ok: true, text: (people.length === 0 ? [NOBODY] : people).map((line) => `${line}\n`).join("") };
}

const NOBODY = "# Nobody is let in.";

interface Line {
  readonly text: string;
  /** Empty only for a last line without one. */
  readonly ending: string;
}

function toLines(text: string): readonly Line[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/gy)]
    .filter(([whole]) => whole !== "")
    .map(([, line = "", ending = ""]) => ({ text: line, ending }));
}

/** Only the last line may stand without its end: a line that comes behind it gives it one. */
function joinLines(lines: readonly Line[], ending: string): string {
  return lines
    .map((line, index) => line.text + (line.ending === "" && index < lines.length - 1 ? ending : line.ending))
    .join("");
}
