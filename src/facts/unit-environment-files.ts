import type { Unit } from "./units.ts";

/** A file that `EnvironmentFile=` names; it may be a pattern. */
export interface NamedFile {
  readonly path: string;
  /** Whether the manager has loaded that line; null where that could not be read. */
  readonly loaded: boolean | null;
}

/**
 * The files a unit reads its environment from, in its order: those the manager has loaded, then those its files
 * name since. Paths with specifiers are known only from the manager.
 */
export function environmentFilesOf(unit: Unit): readonly NamedFile[] {
  const declared = declaredFiles(unit);
  if (!unit.loaded.ok) return declared.map((path) => ({ path, loaded: null }));
  const loaded = unit.loaded.value.environmentFiles.map(({ path }) => path);
  const added = declared.filter((path) => !loaded.includes(path) && !path.includes("%"));
  return [...loaded.map((path) => ({ path, loaded: true })), ...added.map((path) => ({ path, loaded: false }))];
}

function declaredFiles(unit: Unit): readonly string[] {
  let paths: readonly string[] = [];
  for (const file of unit.files) {
    if (!file.ok) continue;
    for (const { key, value, fault } of file.value.lines) {
      if (key !== "EnvironmentFile" || fault !== null) continue;
      const path = value.replace(/^-/, "").replaceAll("%%", "%");
      if (path === "") paths = [];
      else if (/^\/./.test(path)) paths = [...paths, path];
    }
  }
  return paths;
}

/** One place of a pattern: any number of characters, or one that passes. */
type Token = "any-number" | ((character: string) => boolean);

/**
 * Whether glob(7) would take this file name: `*`, `?` and `[...]`; a leading dot must be written. Goes back to
 * the last `*` only, so a hostile pattern costs no more than its length times the name's.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const tokens = toTokens(pattern);
  const characters = Array.from(name);
  let token = 0;
  let at = 0;
  let retry: { readonly token: number; readonly at: number } | null = null;
  while (at < characters.length) {
    const test = tokens[token];
    if (test === "any-number") {
      token += 1;
      retry = { token, at };
    } else if (test !== undefined && test(characters[at] ?? "")) {
      token += 1;
      at += 1;
    } else if (retry === null) {
      return false;
    } else {
      retry = { token: retry.token, at: retry.at + 1 };
      ({ token, at } = retry);
    }
  }
  return tokens.slice(token).every((left) => left === "any-number");
}

function toTokens(pattern: string): readonly Token[] {
  const parts = pattern.match(/\[[!^]?[^\]]+\]|[^]/gu) ?? [];
  return parts.map((part): Token => {
    if (part === "*") return "any-number";
    if (part === "?") return () => true;
    if (part.length === 1 || !part.startsWith("[")) return (character) => character === part;
    const negated = /^\[[!^]/.test(part);
    const members = part.slice(negated ? 2 : 1, -1).match(/[^]-[^]|[^]/gu) ?? [];
    return (character) => members.some((member) => isMember(member, character)) !== negated;
  });
}

/** `a-z` or a single character. */
function isMember(member: string, character: string): boolean {
  const [first = "", dash, last] = Array.from(member);
  return dash === "-" && last !== undefined ? first <= character && character <= last : first === character;
}
