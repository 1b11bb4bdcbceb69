import type { PathMatch } from "./proxy.ts";

/** Requests of one method and of the paths that fit. */
export interface RequestPattern {
  readonly methods: readonly string[] | null;
  readonly paths: PathMatch;
  /** A text that the path begins with, whatever the request: all that is known of a path of a pattern. */
  readonly beginning: string;
}

/** Of `~^GET /api/tags(?:\?|$)`: a method, and a path that ends where the query begins. */
const METHOD_AND_PATH = /^\^([A-Z]{3,7}) (?:\((?:\?<\w+>)?)?(\/.*?)\)?(?:\(\?:\\\?\|\$\)|\(\?:\[\?\]\.\*\)\?\$|\$)$/;
const LITERAL = /^\/(?:[\w/:~-]|\\[.\-/])*/;

/**
 * The requests that an expression over method and path of a request line as it came in fits, such as
 * `^POST /api/chat(?:\?|$)`. Null: the expression is of another form.
 */
export function parseRequestPattern(pattern: string): RequestPattern | null {
  const [, method, path] = METHOD_AND_PATH.exec(pattern) ?? [];
  const [beginning] = LITERAL.exec(path ?? "") ?? [];
  if (method === undefined || path === undefined || beginning === undefined) return null;
  const text = beginning.replaceAll("\\", "");
  const isLiteral = beginning === path;
  // Where a set of characters follows the beginning, its last character may be the quantifier's.
  return {
    methods: [method],
    paths: isLiteral ? { kind: "exact", text } : { kind: "pattern", text: `^${path}$` },
    beginning: isLiteral ? text : text.slice(0, -1),
  };
}
