import { readdirSync, readlinkSync, statSync } from "node:fs";
import { toErrorCode, toFailure } from "./failure.ts";
import type { Link, Reading } from "./host.ts";
import { joinPath, parseLinkPattern } from "./link-pattern.ts";

/**
 * Every symbolic link that matches the pattern, read synchronously: the patterns lead through /proc, where one
 * audit asks for tens of thousands of links and each costs microseconds.
 */
export function readLocalLinks(pattern: string): Reading<{ readonly links: readonly Link[]; readonly denied: number }> {
  const parsed = parseLinkPattern(pattern);
  if (!parsed) return { ok: false, why: "failed", from: pattern, detail: "not a pattern of links" };
  const links: Link[] = [];
  let denied = 0;

  function visit(directory: string, [level, ...below]: readonly string[], names: readonly string[] | null): void {
    if (level === undefined) return;
    for (const name of level === "*" ? (names ?? readNames(directory)) : [level]) {
      if (level === "*" && name.startsWith(".")) continue;
      const path = joinPath(directory, name);
      if (below.length > 0) visit(path, below, null);
      else readLink(path);
    }
  }

  function readNames(directory: string): readonly string[] {
    try {
      return readdirSync(directory);
    } catch (error) {
      if (isDenied(error)) denied += 1;
      return [];
    }
  }

  function readLink(path: string): void {
    try {
      links.push({ path, target: readlinkSync(path) });
    } catch (error) {
      if (isDenied(error)) denied += 1;
    }
  }

  const stackDepth = Error.stackTraceLimit;
  try {
    // A /proc that hides its processes throws thousands of times, and nobody reads those stacks.
    Error.stackTraceLimit = 0;
    const isListed = parsed.levels[0] === "*";
    if (!isListed) statSync(parsed.base); // throws where there is no such directory
    visit(parsed.base, parsed.levels, isListed ? readdirSync(parsed.base) : null);
  } catch (error) {
    return toFailure(error, pattern);
  } finally {
    Error.stackTraceLimit = stackDepth;
  }
  return { ok: true, value: { links, denied }, from: pattern };
}

function isDenied(error: unknown): boolean {
  const code = toErrorCode(error);
  return code === "EACCES" || code === "EPERM";
}
