import { readdirSync, readlinkSync, statSync } from "node:fs";
import { setImmediate as letOthersRun } from "node:timers/promises";
import { toErrorCode, toFailure } from "./failure.ts";
import type { Link, Reading } from "./host.ts";
import { joinPath, parseLinkPattern } from "./link-pattern.ts";

/** Directories that are looked through before commands and sockets are heard again. */
const AT_ONCE = 256;

/**
 * Every symbolic link that matches the pattern. Each one is read synchronously: the patterns lead through /proc,
 * where one audit asks for tens of thousands of links and each costs microseconds.
 */
export async function readLocalLinks(
  pattern: string,
): Promise<Reading<{ readonly links: readonly Link[]; readonly denied: number }>> {
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

  try {
    const isListed = parsed.levels[0] === "*";
    if (!isListed) statSync(parsed.base); // throws where there is no such directory
    const names = isListed ? readdirSync(parsed.base) : parsed.levels.slice(0, 1);
    for (let at = 0; at < names.length; at += AT_ONCE) {
      if (at > 0) await letOthersRun();
      withoutStacks(() => visit(parsed.base, parsed.levels, names.slice(at, at + AT_ONCE)));
    }
  } catch (error) {
    return toFailure(error, pattern);
  }
  return { ok: true, value: { links, denied }, from: pattern };
}

/** A /proc that hides its processes throws thousands of times, and nobody reads those stacks. */
function withoutStacks(work: () => void): void {
  const depth = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 0;
    work();
  } finally {
    Error.stackTraceLimit = depth;
  }
}

function isDenied(error: unknown): boolean {
  const code = toErrorCode(error);
  return code === "EACCES" || code === "EPERM";
}
