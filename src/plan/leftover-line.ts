import type { EnvironmentFileKind } from "../facts/environment-files.ts";
import { isPlainName } from "../judge/plain-names.ts";
import { isContinued } from "./continued-line.ts";

/** What comes in place of a line that goes; null where more hangs on the line than the setting. */
export type LineEdit = readonly string[] | null;

/**
 * What becomes of a line that sets a variable for nobody. Only a whole line goes that is about that variable alone:
 * of one that is continued, sets others too or is a part of a longer command nothing does. In a shell file a command
 * without effect takes its place, for a branch of an `if` may not be empty.
 *
 * @param before the line above that is no comment, or null for the first
 */
export function editLeftoverLine(
  kind: EnvironmentFileKind | "unit-file",
  name: string,
  line: string,
  before: string | null,
): LineEdit {
  if (!isPlainName(name) || isContinued(line) || isContinued(before)) return null;
  switch (kind) {
    case "unit-file":
      return isUnitLine(name, line) ? [] : null;
    case "pam":
    case "environment.d":
    case "defaults":
    case "unit":
      return new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[^"']*$|${toQuoted(name)}`).test(line) ? [] : null;
    case "shell":
      return new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}=(?:${WORD})[ \\t]*(?:#.*)?$`).test(line)
        ? [`${/^[ \t]*/.exec(line)?.[0] ?? ""}: # ${name} was set here, without effect`]
        : null;
    case "manager":
      return null;
  }
}

/** One word that a shell only copies. */
const WORD = `[A-Za-z0-9_./:@,+*[\\]-]*|"[A-Za-z0-9_./:@,+*[\\] -]*"|'[A-Za-z0-9_./:@,+*[\\] -]*'`;

/** A value between quotes of one kind that end on the same line: systemd would read on into the next ones. */
function toQuoted(name: string): string {
  return `^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*("[^"]*"|'[^']*')[^"']*$`;
}

/** `Environment=` with this variable alone, quotes of any sort, and words that assign nothing. */
function isUnitLine(name: string, line: string): boolean {
  const value = /^[ \t]*Environment[ \t]*=(.*)$/.exec(line)?.[1];
  if (value === undefined) return false;
  const assigning = value.split(/[ \t]+/).filter((word) => word.includes("="));
  const own = new RegExp(`^["'“”„‟‘’‚‛«»＂＇]*${name}=`);
  return assigning.length > 0 && assigning.every((word) => own.test(word));
}
