import { isContinued, lastLineBefore } from "./continued-line.ts";
import type { SettingWish } from "./own-environment-file.ts";
import type { FileEdit, FileText, Splice } from "./file-edit.ts";

export const ETC_ENVIRONMENT = "/etc/environment";

/** An edit, or why the file is not one that may be edited line by line. */
export type EnvironmentEdit =
  | { readonly ok: true; readonly edit: FileEdit | null }
  | { readonly ok: false; readonly why: "continued-line" | "carriage-return" };

/**
 * Gives a variable a value in /etc/environment so that its two readers agree on it: pam_env, which ends a value at
 * `#` and skips `export `, and systemd, which does neither. Every line of that name is changed where it stands, its
 * quotes and the blanks before it stay, a comment behind it moves onto a line of its own before it. Where there is no
 * such line one is added at the end. A null edit: it says so already.
 */
export function editEtcEnvironment(text: FileText, { name, value }: SettingWish): EnvironmentEdit {
  const plain = `${name}=${value}`;
  if (text === null) return { ok: true, edit: { kind: "write", text: `${plain}\n`, mode: 0o644 } };
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.some((line) => line.includes("\r"))) return { ok: false, why: "carriage-return" };
  const pattern = new RegExp(`^([ \\t]*)(?:export[ \\t]+)?${name}[ \\t]*=(.*)$`);
  const found = lines.flatMap((line, index) => (pattern.test(line) ? [{ line, index }] : []));
  // A line that is part of another one, or goes on in the next, is nothing that a splice could change.
  const places = found.length > 0 ? found.map(({ index }) => index) : [lines.length];
  if (places.some((index) => isContinued(lastLineBefore(lines, index)) || isContinued(lines[index] ?? null))) {
    return { ok: false, why: "continued-line" };
  }
  const splices = found.flatMap(({ line, index }): readonly Splice[] => {
    const [, indent = "", old = ""] = pattern.exec(line) ?? [];
    const inserted = toLines(indent, name, old, value);
    return inserted.length === 1 && inserted[0] === line ? [] : [{ line: index + 1, removed: [line], inserted }];
  });
  if (found.length > 0) return { ok: true, edit: splices.length === 0 ? null : { kind: "splice", splices } };
  const end = text === "" ? 1 : lines.length + 1;
  return { ok: true, edit: { kind: "splice", splices: [{ line: end, removed: [], inserted: [plain] }] } };
}

function toLines(indent: string, name: string, old: string, value: string): readonly string[] {
  const comment = /#.*$/.exec(old)?.[0];
  const quote = /^["']/.exec(old)?.[0] ?? "";
  const changed = `${indent}${name}=${quote}${value}${quote}`;
  return comment === undefined ? [changed] : [`${indent}${comment}`, changed];
}
