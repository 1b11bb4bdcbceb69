import { withoutSecrets } from "../../secrets.ts";
import type { SourceLine } from "../proxy.ts";
import type { Directive } from "./directives.ts";

/** The blocks a directive stands in, outermost first: http, server, location, nested locations. */
export type Scope = readonly (readonly Directive[])[];

/**
 * The directives of a name that count: those of the innermost block that has any, for one there drops all that
 * would have been inherited.
 */
export function findInherited(scope: Scope, ...names: readonly string[]): readonly Directive[] {
  for (const block of scope.toReversed()) {
    const found = block.filter(({ name }) => names.includes(name));
    if (found.length > 0) return found;
  }
  return [];
}

/** The first value of a directive that counts; null where there is none. */
export function findValue(scope: Scope, name: string): string | null {
  return findInherited(scope, name).at(-1)?.values[0] ?? null;
}

const SHOWN: ReadonlySet<string> = new Set([
  "server",
  "location",
  "listen",
  "server_name",
  "auth_request",
  "limit_except",
]);
const LONGEST = 200;

/** Where a directive stands; its values only where they are no place for a credential. */
export function toSource({ name, values, file, line }: Directive): SourceLine {
  const shown = SHOWN.has(name) ? values : [];
  return { file, line, text: withoutSecrets([name, ...shown].join(" ")).slice(0, LONGEST) };
}
