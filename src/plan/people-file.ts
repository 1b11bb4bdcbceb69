import type { FileText } from "./file-edit.ts";

/**
 * Names of people in the lines that each proxy reads: `alice:HASH` (htpasswd), `alice HASH` (Caddy), `HASH alice` (a
 * map of HAProxy), `"PATTERN" "alice";` (a map of nginx). Hashes of HAProxy's are in capitals, names never are.
 */
const LINES: readonly RegExp[] = [
  /^[0-9A-F]{64} ([a-z0-9_-]+)$/,
  /^"[^"]+" "([a-z0-9_-]+)";$/,
  /^([a-z0-9_-]+):\$2[aby]\$/,
  /^([a-z0-9_-]+) \$2[aby]\$/,
];

/** Whose line it is; null where it is nobody's. */
export function toPerson(line: string): string | null {
  for (const pattern of LINES) {
    const name = pattern.exec(line)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}

/** Who is let in by a file, in its order. */
export function listPeople(text: FileText): readonly string[] {
  return (text ?? "").split("\n").flatMap((line) => toPerson(line) ?? []);
}
