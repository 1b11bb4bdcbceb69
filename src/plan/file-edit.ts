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
  | { readonly kind: "remove" };

/** A file as it is on the host; null where there is none. */
export type FileText = string | null;

/** The text an edit makes of a file; `moved-on` where the file is not the one the edit was made for. */
export type Edited = { readonly ok: true; readonly text: FileText } | { readonly ok: false; readonly why: "moved-on" };

/**
 * Does an edit to a text. Line ends stay as they are, a last line without one too; a line that comes has the line
 * end of the first line of the file. Splices fit only where each removed line is there, byte for byte.
 */
export function applyEdit(text: FileText, edit: FileEdit): Edited {
  if (edit.kind === "write") return { ok: true, text: edit.text };
  if (edit.kind === "remove") return text === null ? { ok: false, why: "moved-on" } : { ok: true, text: null };
  const lines = toLines(text ?? "");
  const ending = lines[0]?.ending === "\r\n" ? "\r\n" : "\n";
  const edited: Line[] = [];
  let next = 0;
  for (const { line, removed, inserted } of edit.splices) {
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
