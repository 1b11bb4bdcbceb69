import type { EnvironmentAssignment } from "./environment-files.ts";
import { splitShellCommands } from "./shell-words.ts";
import type { ShellCommand, ShellWord } from "./shell-words.ts";

/** A variable of the wanted names, as one command sets it. */
interface Assigned {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  readonly exported: boolean;
  readonly text: string;
}

/** Words that stand before a command without being one. */
const LEADING_WORDS = new Set([
  "then",
  "do",
  "else",
  "elif",
  "if",
  "while",
  "until",
  "!",
  "{",
  "time",
  "command",
  "builtin",
]);

/**
 * Assignments of a profile or rc file of sh, bash or zsh: `A=b`, `export A=b C=d`, `export A` on another line,
 * `declare -x`, `typeset -gx`, `set -a`. What a condition guards counts as if it ran. `A=b command` sets nothing
 * for later and is left out. Values are not expanded. Never throws.
 */
export function parseShellEnvironment(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  const exported = new Set<string>();
  const found: Assigned[] = [];
  let exportsAll = false;
  for (const words of splitShellCommands(text)) {
    const command = withoutLeadingWords(words);
    const verb = command.find((word) => !isAssignment(word));
    if (verb === undefined) {
      found.push(...toAssigned(command, wanted, exportsAll, ""));
    } else if (verb === command[0]) {
      exportsAll = allexportAfter(command, exportsAll);
      const exports = exportsNames(command);
      if (exports === null) continue;
      found.push(...toAssigned(command.slice(1), wanted, exports || exportsAll, `${writtenHead(command)} `));
      if (exports) for (const { value } of command.slice(1)) exported.add(value.split("=", 1)[0] ?? "");
    }
  }
  return found.map(({ name, value, line, exported: byItself, text: shown }) => ({
    name,
    value,
    line,
    exported: byItself || exported.has(name),
    understood: true,
    text: shown,
  }));
}

/**
 * Assignments of a fish configuration: `set -gx NAME value`, `set --export`, and its `export NAME=value`.
 * Never throws.
 */
export function parseFishEnvironment(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  return splitShellCommands(text).flatMap((words): readonly EnvironmentAssignment[] => {
    const command = withoutLeadingWords(words);
    const [verb, ...rest] = command;
    if (verb?.value === "export") {
      return toAssigned(rest, wanted, true, "export ").map((assigned) => Object.assign({ understood: true }, assigned));
    }
    if (verb?.value !== "set") return [];
    const flags = rest.filter(({ value }) => value.startsWith("-")).map(({ value }) => value);
    const [name, ...values] = rest.filter(({ value }) => !value.startsWith("-"));
    const erases = flags.some((flag) => /^-[a-zA-Z]*[eqnS]/.test(flag) || flag === "--erase" || flag === "--query");
    if (name === undefined || erases || !wanted.has(name.value)) return [];
    const exported = flags.some((flag) => /^-[a-zA-Z]*x/.test(flag) || flag === "--export");
    const value = values.map((word) => word.value).join(" ");
    const shown = command.map(({ written }) => written).join(" ");
    return [{ name: name.value, value, line: verb.line, exported, understood: true, text: shown }];
  });
}

function withoutLeadingWords(words: ShellCommand): ShellCommand {
  const first = words.findIndex(({ written }) => !LEADING_WORDS.has(written));
  return first < 0 ? [] : words.slice(first);
}

function isAssignment({ written }: ShellWord): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*=/.test(written);
}

function toAssigned(
  words: ShellCommand,
  wanted: ReadonlySet<string>,
  exported: boolean,
  head: string,
): readonly Assigned[] {
  return words.flatMap((word): readonly Assigned[] => {
    const equals = word.value.indexOf("=");
    const name = word.value.slice(0, equals);
    if (!isAssignment(word) || !wanted.has(name)) return [];
    return [{ name, value: word.value.slice(equals + 1), line: word.line, exported, text: head + word.written }];
  });
}

/** Whether the command exports the names behind it; null where it is no declaration at all. */
function exportsNames(command: ShellCommand): boolean | null {
  const [verb, ...rest] = command.map(({ value }) => value);
  const flags = rest.filter((word) => /^[-+]/.test(word)).join("");
  if (verb === "export") return !flags.includes("n");
  if (verb === "declare" || verb === "typeset") return /-[a-zA-Z]*x/.test(flags);
  return verb === "readonly" || verb === "local" ? false : null;
}

/** The declaration and its flags, for the evidence. */
function writtenHead(command: ShellCommand): string {
  const end = command.findIndex(({ value }, index) => index > 0 && !/^[-+]/.test(value));
  return command
    .slice(0, end < 0 ? 1 : end)
    .map(({ written }) => written)
    .join(" ");
}

function allexportAfter(command: ShellCommand, before: boolean): boolean {
  const [verb, ...rest] = command.map(({ value }) => value);
  if (verb !== "set") return before;
  if (namesAllexport(rest, "-")) return true;
  return namesAllexport(rest, "+") ? false : before;
}

function namesAllexport(words: readonly string[], sign: "-" | "+"): boolean {
  return words.some(
    (word, index) =>
      (word.startsWith(sign) && /^[a-z]+$/.test(word.slice(1)) && word.includes("a")) ||
      (word === `${sign}o` && words[index + 1] === "allexport"),
  );
}
