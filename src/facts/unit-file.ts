import { readEnvironmentLine } from "./environment-line.ts";
import { extractWords } from "./extract-words.ts";
import { maskText, maskValue } from "./secrets.ts";
import { logicalLines } from "./unit-lines.ts";
import type { LogicalLine } from "./unit-lines.ts";
import type { UnitLine } from "./units.ts";

/** Lines kept of one file; the last ones, because a later one wins. */
const MOST_LINES = 256;

/**
 * Reads a unit file or drop-in the way systemd 252 does and keeps the lines that bear on a setting. Lines that
 * only set unknown variables are dropped, so no secret of another service stays. Never throws.
 *
 * @param variables names of the environment variables whose values are kept
 */
export function parseUnitFile(text: string, variables: readonly string[]): readonly UnitLine[] {
  const wanted = new Set(variables);
  const lines = logicalLines(text).flatMap((line) => readLine(line, wanted) ?? []);
  return lines.slice(-MOST_LINES);
}

function readLine(line: LogicalLine, wanted: ReadonlySet<string>): UnitLine | null {
  switch (line.key) {
    case "Environment":
      return readEnvironment(line, wanted);
    case "ExecStart":
      return readCommand(line, wanted);
    case "PassEnvironment":
    case "UnsetEnvironment":
      return readNames(line, wanted);
    case "EnvironmentFile":
    case "User":
    case "PAMName":
    case "IPAddressDeny":
    case "IPAddressAllow":
      return toUnitLine(line, { value: line.value, fault: sectionFault(line) });
    default:
      return null;
  }
}

function toUnitLine(line: LogicalLine, found: Partial<UnitLine> & Pick<UnitLine, "value">): UnitLine {
  const { assignments = [], ignoredWords = [], fault = null } = found;
  return {
    line: line.line,
    section: line.section,
    key: line.key,
    assignments: assignments.map((assignment) => ({ ...assignment, value: maskValue(assignment.value) })),
    ignoredWords,
    fault,
    value: line.key === "Environment" ? maskText(found.value, assignments) : found.value,
    text: maskText(found.text ?? `${line.key}=${found.value}`, assignments, `${line.key}=`),
  };
}

function sectionFault(line: LogicalLine): "outside-section" | "unknown-section" | null {
  if (line.section === "Service" && !line.unread) return null;
  const known = line.section === null || line.section === "Unit" || line.section === "Install";
  return known && !line.unread ? "outside-section" : "unknown-section";
}

function readEnvironment(line: LogicalLine, wanted: ReadonlySet<string>): UnitLine | null {
  const misplaced = sectionFault(line);
  const read = readEnvironmentLine(line.value, wanted);
  if (line.value === "") return misplaced === null ? toUnitLine(line, { value: "" }) : null;
  if (read.assignments.length === 0) return null;
  return toUnitLine(line, {
    value: read.shown,
    assignments:
      misplaced === null
        ? read.assignments
        : read.assignments.map((assignment) => Object.assign({}, assignment, { taken: false })),
    ignoredWords: read.ignoredWords,
    fault: misplaced ?? read.fault,
  });
}

/**
 * Keeps the program and the wanted variables that the command sets by itself; everything else of a command
 * line may be a secret.
 */
function readCommand(line: LogicalLine, wanted: ReadonlySet<string>): UnitLine {
  const fault = sectionFault(line);
  const program = extractWords(line.value).words[0]?.text?.replace(/^[-@:+!|]+/, "") ?? "";
  const assignments = [...wanted].flatMap((name) => {
    const value = assignedInCommand(line.value, name);
    return value === null ? [] : [{ name, value, taken: fault === null, behindComment: false }];
  });
  const shown = assignments.map(({ name, value }) => ` ${name}=${value}`).join("");
  const rest = line.value.includes(program) && line.value.trim().length > program.length ? " …" : "";
  return toUnitLine(line, { value: program, assignments, fault, text: `ExecStart=${program}${shown}${rest}` });
}

/** Value of the last `NAME=value` in a command line; null where there is none. */
function assignedInCommand(command: string, name: string): string | null {
  // From the end, so that a hostile line of a megabyte is walked through once.
  for (let at = command.lastIndexOf(`${name}=`); at >= 0; at = lastIndexBefore(command, `${name}=`, at)) {
    const before = command.charAt(at - 1);
    if (before !== "" && !" \t'\"(;&=,".includes(before)) continue;
    const rest = command.slice(at + name.length + 1);
    const quote = rest.charAt(0);
    const end = quote === "'" || quote === '"' ? rest.indexOf(quote, 1) : rest.search(/[\s'";&|)]/);
    const whole = end < 0 ? rest : rest.slice(0, end);
    return quote === "'" || quote === '"' ? whole.slice(1) : whole;
  }
  return null;
}

function lastIndexBefore(text: string, part: string, at: number): number {
  return at === 0 ? -1 : text.lastIndexOf(part, at - 1);
}

function readNames(line: LogicalLine, wanted: ReadonlySet<string>): UnitLine | null {
  const words = extractWords(line.value).words.flatMap(({ text }) => (text === null ? [] : [text]));
  const kept = words.filter((word) => wanted.has(word.split("=", 1)[0] ?? ""));
  if (kept.length === 0 && line.value !== "") return null;
  const masked = kept.map((word) => word.replace(/(?<==).*$/s, maskValue));
  return toUnitLine(line, { value: masked.join(" "), fault: sectionFault(line) });
}
