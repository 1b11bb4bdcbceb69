import type { EnvironmentAssignment } from "./environment-files.ts";

/**
 * Assignments of /etc/environment as pam_env(8) reads them: `export ` is skipped, `#` ends the value wherever it
 * stands, a backslash at the end continues, quotes come off only at the value's two ends, blanks and carriage
 * returns stay, nothing is expanded. A name with blanks around it is thrown away. Never throws.
 */
export function parsePamEnvironment(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  return joinLines(text).flatMap(({ line, text: whole }): readonly EnvironmentAssignment[] => {
    const content = whole.replace(/^[ \t]+/, "").replace(/^export /, "");
    const assignment = content.split("#", 1)[0] ?? "";
    const equals = assignment.indexOf("=");
    const name = assignment.slice(0, equals);
    if (equals < 1 || !wanted.has(name)) return [];
    const value = dropQuotes(assignment.slice(equals + 1));
    return [{ name, value, line, exported: true, understood: true, text: (whole.split("#", 1)[0] ?? "").trim() }];
  });
}

/** pam_env drops the opening quote, and a quote only where it is the very last character. */
function dropQuotes(value: string): string {
  if (!/^["']/.test(value)) return value;
  return /["']$/.test(value.slice(1)) ? value.slice(1, -1) : value.slice(1);
}

/**
 * Assignments of pam_env.conf(5) and ~/.pam_environment: `NAME DEFAULT=value OVERRIDE=value`, or plain
 * `NAME=value` as some releases take it. `${...}` and `@{...}` stand as written. Never throws.
 */
export function parsePamConfiguration(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  return joinLines(text).flatMap(({ line, text: whole }): readonly EnvironmentAssignment[] => {
    const content = whole.trim();
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(content)?.[0] ?? "";
    if (!wanted.has(name)) return [];
    const rest = content.slice(name.length);
    if (rest.startsWith("=")) return [{ ...TAKEN, name, value: dropQuotes(rest.slice(1)), line, text: content }];
    const option = valueOf(rest, "OVERRIDE") === null ? "DEFAULT" : "OVERRIDE";
    const value = valueOf(rest, option);
    return value === null ? [] : [{ ...TAKEN, name, value, line, text: `${name} ${option}=${value}` }];
  });
}

const TAKEN = { exported: true, understood: true } as const;

/** Null where the option is missing or empty: pam_env then takes the other one. */
function valueOf(rest: string, option: "DEFAULT" | "OVERRIDE"): string | null {
  const match = new RegExp(`[ \\t]${option}=(?:"([^"]*)"|([^\\s"]*))`).exec(rest);
  return (match?.[1] ?? match?.[2] ?? "") || null;
}

interface Line {
  readonly line: number;
  readonly text: string;
}

function joinLines(text: string): readonly Line[] {
  const joined: Line[] = [];
  let pending: { readonly line: number; readonly parts: string[] } | null = null;
  for (const [index, physical] of text.replace(/\n$/, "").split("\n").entries()) {
    if (/^[ \t]*#/.test(physical)) continue;
    pending ??= { line: index + 1, parts: [] };
    const trimmed = physical.trimEnd();
    if (trimmed.endsWith("\\")) {
      pending.parts.push(trimmed.slice(0, -1));
      continue;
    }
    joined.push({ line: pending.line, text: pending.parts.join("") + physical });
    pending = null;
  }
  // A file that ends in a backslash loses its last line.
  return joined;
}
