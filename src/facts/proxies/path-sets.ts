import { matchesPattern } from "./credential-names.ts";
import type { PathMatch } from "./proxy.ts";

/** Whether every path of the second is one of the first, as far as that can be told. */
export function covers(outer: PathMatch, inner: PathMatch): boolean {
  if (outer.kind === "all") return true;
  if (outer.kind === "unclear" || inner.kind === "all" || inner.kind === "unclear") return false;
  if (outer.kind === inner.kind && outer.text === inner.text) return true;
  if (outer.kind === "prefix") return inner.kind !== "pattern" && inner.text.startsWith(outer.text);
  return outer.kind === "pattern" && inner.kind === "exact" && matchesPattern(outer.text, inner.text) === true;
}

/** The paths that are in both; null where there are none. */
export function intersect(first: PathMatch, second: PathMatch): PathMatch | null {
  if (covers(first, second)) return second;
  if (covers(second, first)) return first;
  if (first.kind === "unclear" || second.kind === "unclear") {
    return { kind: "unclear", text: `${showPaths(first)} ${showPaths(second)}` };
  }
  if (first.kind !== "pattern" && second.kind !== "pattern") return null;
  return { kind: "pattern", text: `${toLookahead(first)}${toLookahead(second)}` };
}

function showPaths(paths: PathMatch): string {
  return paths.kind === "all" ? "*" : paths.text;
}

function toLookahead(paths: PathMatch): string {
  if (paths.kind === "all") return "";
  if (paths.kind === "pattern") return paths.text.startsWith("^(?=") ? paths.text : `^(?=[\\s\\S]*?(?:${paths.text}))`;
  return `^(?=${escapePattern(paths.text)}${paths.kind === "exact" ? "$" : ""})`;
}

/** A text as an expression that matches it. */
export function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

/** The same paths with something before them, where a prefix was taken off; null where that cannot be written. */
export function prepend(prefix: string, paths: PathMatch): PathMatch {
  if (prefix === "") return paths;
  if (paths.kind === "all") return { kind: "prefix", text: prefix };
  if (paths.kind === "exact" || paths.kind === "prefix") return { kind: paths.kind, text: `${prefix}${paths.text}` };
  if (paths.kind === "unclear") return paths;
  return { kind: "pattern", text: `^${escapePattern(prefix)}${paths.text.replace(/^\^/, "")}` };
}
