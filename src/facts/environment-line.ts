import { extractWords } from "./extract-words.ts";
import type { ExtractedWord } from "./extract-words.ts";
import type { UnitAssignment, UnitLine } from "./units.ts";

/** What systemd makes of the value of one `Environment=` line, wanted names only. */
export interface EnvironmentLine {
  readonly assignments: readonly UnitAssignment[];
  readonly ignoredWords: readonly string[];
  readonly fault: UnitLine["fault"];
  /** The value as written; values of unknown names, and words that may belong to them, are left out. */
  readonly shown: string;
}

/** Most assignments kept of one line, the last ones, and how much of the line is shown. */
const MOST_ASSIGNMENTS = 64;
const SHOWN_LIMIT = 4_096;
/** Most ignored words kept of one line: they are hostile text and only evidence. */
const MOST_IGNORED_WORDS = 16;

/**
 * Reads the value of one `Environment=` line as systemd 252 does: split, `%` resolved, each word taken or
 * thrown away by itself. A wanted name that systemd throws away is still reported, with `taken: false`.
 */
export function readEnvironmentLine(value: string, wanted: ReadonlySet<string>): EnvironmentLine {
  const { words, fault, rest } = extractWords(value);
  const pieces = words.map((word) => toPiece(word, wanted));
  const comment = pieces.findIndex(({ kind, shown }) => kind === "ignored" && COMMENT_MARK.test(shown));
  const assignments = pieces.flatMap((piece, index): readonly UnitAssignment[] => {
    const behindComment = comment >= 0 && index > comment;
    if (piece.assignment === null || (behindComment && piece.kind !== "taken")) return [];
    return [{ ...piece.assignment, taken: piece.kind === "taken", behindComment }];
  });
  const lost = comment >= 0 ? [] : toLost(rest, wanted);
  const ignored = pieces.filter(({ kind }) => kind === "ignored").map(({ shown }) => shown);
  const keepsIgnored = pieces.every(({ kind }) => kind !== "foreign");
  return {
    assignments: [...assignments, ...lost.map(({ name, value: meant }) => toUntaken(name, meant))].slice(
      -MOST_ASSIGNMENTS,
    ),
    ignoredWords: keepsIgnored ? ignored.slice(0, MOST_IGNORED_WORDS) : [],
    fault: pieces.some(({ kind }) => kind === "curly")
      ? "curly-quotes"
      : (fault ?? (pieces.some(({ kind }) => kind === "unreadable") ? "unknown-escape" : commentFault(comment))),
    shown: [
      ...pieces.filter(({ kind }) => keepsIgnored || kind !== "ignored").map(({ shown }) => shown),
      ...lost.map(({ written }) => written),
      ...(rest.split(BLANKS).length > lost.length && rest !== "" ? ["…"] : []),
    ]
      .join(" ")
      .slice(0, SHOWN_LIMIT),
  };
}

const BLANKS = /[ \t\n\r]+/;

/** Wanted names in the part of a line that systemd threw away whole. */
function toLost(rest: string, wanted: ReadonlySet<string>): readonly (Assigned & { readonly written: string })[] {
  return rest.split(BLANKS).flatMap((written) => {
    const meant = toMeant(written, wanted);
    return meant === null ? [] : [{ name: meant.name, value: meant.value, written }];
  });
}

function toUntaken(name: string, value: string): UnitAssignment {
  return { name, value, taken: false, behindComment: false };
}

function commentFault(comment: number): "trailing-comment" | null {
  return comment >= 0 ? "trailing-comment" : null;
}

interface Assigned {
  readonly name: string;
  readonly value: string;
}

/** One word: taken, thrown away although it means a wanted name, about an unknown name, or no assignment. */
interface Piece {
  readonly kind: "taken" | "curly" | "unreadable" | "foreign" | "ignored";
  readonly assignment: Assigned | null;
  readonly shown: string;
}

function toPiece(word: ExtractedWord, wanted: ReadonlySet<string>): Piece {
  const assignment = word.text === null ? null : toAssignment(word.text);
  if (assignment !== null) {
    return wanted.has(assignment.name)
      ? { kind: "taken", assignment, shown: word.written }
      : { kind: "foreign", assignment: null, shown: `${assignment.name}=…` };
  }
  const meant = toMeant(word.written, wanted);
  if (meant !== null) {
    return { kind: CURLY_QUOTE.test(word.written) ? "curly" : "unreadable", assignment: meant, shown: word.written };
  }
  if (word.written.includes("=")) return { kind: "foreign", assignment: null, shown: "…" };
  return { kind: "ignored", assignment: null, shown: toIgnored(word.written) };
}

/** What systemd throws away may be anything, a password in a "comment" too: only the mark of a comment is kept. */
function toIgnored(written: string): string {
  const mark = COMMENT_MARK.exec(written)?.[0] ?? "";
  return written === mark ? mark : `${mark}…`;
}

const COMMENT_MARK = /^(?:[#;]|\/\/)/;
const CURLY_QUOTE = /[“”„‟‘’‚‛«»＂＇]/;
const ANY_QUOTE = new RegExp(`["']|${CURLY_QUOTE.source}`, "g");

/** The assignment a person meant by a word that systemd throws away. */
function toMeant(written: string, wanted: ReadonlySet<string>): Assigned | null {
  const assigned = splitAssignment(written.replace(ANY_QUOTE, ""));
  return assigned !== null && wanted.has(assigned.name) ? assigned : null;
}

/** A word as systemd assigns it, or null where it is no valid assignment. */
function toAssignment(word: string): Assigned | null {
  const resolved = resolvePercent(word);
  return resolved === null ? null : splitAssignment(resolved);
}

function splitAssignment(word: string): Assigned | null {
  const equals = word.indexOf("=");
  const name = word.slice(0, equals);
  return equals > 0 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? { name, value: word.slice(equals + 1) } : null;
}

/** Specifiers of systemd.unit(5); a letter or digit that is none makes systemd throw the word away. */
const SPECIFIERS = new Set("aAbBcCdDEfgGhHiIjJlLmMnNopPqrRsStTuUvVwWyY");

/** `%%` becomes `%`; other specifiers stay as written, because only the manager knows what they come to. */
function resolvePercent(word: string): string | null {
  let valid = true;
  const resolved = word.replace(/%([A-Za-z0-9%])/g, (whole, letter: string) => {
    if (letter === "%") return "%";
    if (!SPECIFIERS.has(letter)) valid = false;
    return whole;
  });
  return valid ? resolved : null;
}
