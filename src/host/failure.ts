import type { Reading, Why } from "./host.ts";

type Failure = Extract<Reading<never>, { readonly ok: false }>;

/** Error codes of the kernel that say more than "failed". */
const WHY_BY_CODE: Readonly<Record<string, Why>> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ESRCH: "absent",
  EACCES: "denied",
  EPERM: "denied",
  ERR_INVALID_ARG_VALUE: "absent", // a name that holds a NUL byte: no file has one
  E2BIG: "too-large",
};

/** The same, as the tools of a POSIX system print it at the end of a line with LC_ALL=C. */
const WHY_BY_TEXT: readonly (readonly [string, Why])[] = [
  ["No such file or directory", "absent"],
  ["Not a directory", "absent"],
  ["No such process", "absent"],
  ["Permission denied", "denied"],
  ["Operation not permitted", "denied"],
  ["Argument list too long", "too-large"],
];

/** The error code of a Node.js error, or null. */
export function toErrorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

/** A failed reading for an error thrown by Node.js. */
export function toFailure(error: unknown, from: string): Failure {
  const why = WHY_BY_CODE[toErrorCode(error) ?? ""] ?? "failed";
  return { ok: false, why, from, detail: error instanceof Error ? error.message : String(error) };
}

/**
 * A failed reading for what a tool left on its error stream. Only the end of the last line decides, because
 * a hostile path may stand before it.
 */
export function toToolFailure(stderr: string, from: string): Failure {
  const lastLine = stderr.trimEnd().split("\n").at(-1) ?? "";
  const why = WHY_BY_TEXT.find(([text]) => lastLine.endsWith(text))?.[1] ?? "failed";
  return { ok: false, why, from, detail: lastLine };
}

/** How many lines of an error stream say that something may not be read. */
export function countDenied(stderr: string): number {
  return stderr.split("\n").filter((line) => /: (?:Permission denied|Operation not permitted)$/.test(line)).length;
}
