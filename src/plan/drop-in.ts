import type { Unit } from "../facts/units.ts";
import type { FileText } from "./file-edit.ts";

/** Where the drop-in of a unit goes. */
export interface DropInPlace {
  /** Parents first. */
  readonly folders: readonly string[];
  readonly path: string;
  /** Whether the unit has it already. */
  readonly isThere: boolean;
}

/** Says whose file it is. */
const HEADER = "# Written by Portlock, which `portlock undo` takes back.";
const MOST_LETTERS = 40;

/**
 * The place of the drop-in that wins over every other one of the unit. Drop-ins of all folders together apply by
 * file name (systemd.unit(5)), so the name must sort behind all that are there; one of the same name in a better
 * folder would hide it. A user's unit is changed in /etc, where root may write without following a link of that
 * user's. Null: no plain name sorts last.
 */
export function toDropInPlace(unit: Unit, isForSession: boolean): DropInPlace | null {
  const base = `${isForSession ? "/run" : "/etc"}/systemd/${unit.scope}`;
  const folder = `${base}/${unit.name}.d`;
  const paths = toDropInPaths(unit);
  for (let letters = 2; letters <= MOST_LETTERS; letters += 1) {
    const name = `${"z".repeat(letters)}-portlock.conf`;
    const path = `${folder}/${name}`;
    const others = paths.filter((each) => each !== path);
    if (others.every((each) => toFileName(each) < name)) {
      return { folders: [base, folder], path, isThere: paths.includes(path) };
    }
  }
  return null;
}

/**
 * The text of Portlock's drop-in: what is there already, and these lines. A line of the same setting, or of the same
 * directive, is replaced, so that what an earlier change wrote stays as long as nothing else is asked for.
 */
export function toDropInText(existing: FileText, lines: readonly string[]): string {
  const before = (existing ?? "").split(/\r?\n/).filter((line) => line !== "" && line !== "[Service]");
  const keys = new Set(lines.map(toKey));
  const kept = before.filter((line) => line !== HEADER && !keys.has(toKey(line)));
  return [HEADER, "[Service]", ...kept, ...lines, ""].join("\n");
}

/** What a line of ours is about: a variable, a file, a directive. */
function toKey(line: string): string {
  const variable = /^Environment="?([A-Za-z0-9_]+)=/.exec(line)?.[1];
  if (variable !== undefined) return `Environment=${variable}`;
  if (line.startsWith("EnvironmentFile=")) return line;
  return line.split("=", 1)[0] ?? line;
}

function toDropInPaths(unit: Unit): readonly string[] {
  const main = unit.loaded.ok ? unit.loaded.value.mainFile : null;
  const loaded = unit.loaded.ok ? unit.loaded.value.dropIns : [];
  const read = unit.files.flatMap((file) => (file.ok ? [file.value.path] : [file.from]));
  return [...new Set([...read, ...loaded])].filter((path) => path !== main && path.endsWith(".conf"));
}

function toFileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
