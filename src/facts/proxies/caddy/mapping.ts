import { parseRequestPattern } from "../request-patterns.ts";
import type { Handler, Mapping } from "./model.ts";

/** Method and path as they came in. */
const REQUEST_LINE = /^\{(?:http\.request\.)?method\} \{(?:http\.request\.)?(?:orig_uri|uri)\}$/;
const MOST_ENTRIES = 200;

/**
 * A `map` over method and path of a request that gives one placeholder a text. None where it is another kind of map,
 * or one of its expressions is of another form.
 *
 * @param entries an expression, and the text for what fits it
 */
export function toMaps(
  source: string,
  destination: string,
  entries: readonly (readonly [pattern: string, text: string])[],
  fallback: string,
): readonly Handler[] {
  const [, variable] = /^\{(\w+)\}$/.exec(destination) ?? [];
  if (variable === undefined || !REQUEST_LINE.test(source) || entries.length > MOST_ENTRIES) return [];
  const known: Mapping["entries"][number][] = [];
  for (const [written, text] of entries) {
    const pattern = parseRequestPattern(written);
    if (pattern === null || text.includes("{") !== (text === WHOLE_PATH)) return [];
    known.push({ pattern, text });
  }
  return [{ kind: "maps", variable, mapping: { entries: known, fallback } }];
}

/** The path that an expression took whole. */
export const WHOLE_PATH: string = "${1}";
