import { quoteForShell } from "./shell-quote.ts";

/** A pattern of `readLinks`: an absolute path in which some levels are `*`. */
export interface LinkPattern {
  /** The directory above the first `*`, or above the link where there is no `*`. */
  readonly base: string;
  /** The levels below `base`; a `*` stands for any name that does not begin with a dot. */
  readonly levels: readonly [string, ...string[]];
}

/** Reads a pattern; null where it is none: not absolute, a NUL byte, or a `*` that is only part of a name. */
export function parseLinkPattern(pattern: string): LinkPattern | null {
  if (!pattern.startsWith("/") || pattern.includes("\0")) return null;
  const names = pattern.split("/").filter((name) => name !== "");
  if (names.some((name) => name.includes("*") && name !== "*")) return null;
  const star = names.indexOf("*");
  const baseLength = star === -1 ? names.length - 1 : star;
  const [first, ...rest] = names.slice(baseLength);
  if (first === undefined) return null;
  return { base: `/${names.slice(0, baseLength).join("/")}`, levels: [first, ...rest] };
}

/** The path of a name in a directory. */
export function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/**
 * A pattern as shell text: names quoted, each `*` left for the shell to expand. The last level is dropped
 * where `upTo` says so, to name the directories that hold the links.
 */
export function formatGlob(pattern: LinkPattern, upTo: "links" | "directories"): string {
  const levels = upTo === "links" ? pattern.levels : pattern.levels.slice(0, -1);
  const words = levels.map((name) => (name === "*" ? "*" : quoteForShell(name)));
  const base = pattern.base === "/" ? "" : quoteForShell(pattern.base);
  return [base, ...words].join("/") + (upTo === "directories" ? "/" : "");
}
