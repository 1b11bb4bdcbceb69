import type { PathMatch } from "../proxy.ts";
import type { Directive } from "./directives.ts";

/** A location with what its requests look like, in the order in which requests meet them. */
export interface OrderedLocation {
  readonly paths: PathMatch;
  /** The location and those around it, outermost first; empty: the server itself. */
  readonly within: readonly Directive[];
}

interface Place {
  readonly directive: Directive;
  readonly text: string;
  readonly within: readonly Directive[];
  /** `^~`: regular expressions are not looked at. */
  readonly final: boolean;
}

interface Level {
  readonly exact: readonly Place[];
  /** Longest first. */
  readonly prefixes: readonly Place[];
  readonly patterns: readonly Place[];
}

/** What requests must look like besides, where nested locations and `^~` make it matter. */
interface Guard {
  readonly prefix: string;
  readonly patterns: readonly string[];
}

const MOST_LOCATIONS = 2_000;
const ANY: Guard = { prefix: "", patterns: [] };

/**
 * The locations of a server in an order in which the first one that matches decides, although nginx looks for the
 * exact one, then the longest prefix, then the first regular expression, nested ones in between
 * (ngx_http_core_find_location). Where a prefix only counts as long as no regular expression does, the expressions
 * come first. The last entry is the server itself, for what no location takes.
 */
export function orderLocations(server: readonly Directive[]): readonly OrderedLocation[] {
  const found: OrderedLocation[] = [];
  orderLevel(toLevel(server, []), { guard: ANY, settle: [], pending: [], found });
  return found;
}

interface Surroundings {
  readonly guard: Guard;
  /** What takes the requests that nothing at this level does. */
  readonly settle: readonly Directive[];
  /** Expressions of outer levels, which are asked before that. */
  readonly pending: readonly Place[];
  readonly found: OrderedLocation[];
}

function orderLevel(level: Level, { guard, settle, pending, found }: Surroundings): void {
  if (found.length > MOST_LOCATIONS) return;
  for (const { text, within } of level.exact) found.push({ paths: { kind: "exact", text }, within });
  const early = level.prefixes.filter(
    (place, _index, all) =>
      pending.length > 0 ||
      all.some((other) => place.text.startsWith(other.text) && (other.final || hasLocations(other.directive))),
  );
  for (const place of early) orderPrefix(place, level, { guard, settle, pending, found });
  orderPatterns([...level.patterns, ...pending], guard, found);
  for (const place of level.prefixes) {
    if (!early.includes(place))
      found.push({ paths: toPaths({ prefix: place.text, patterns: guard.patterns }), within: place.within });
  }
  found.push({ paths: toPaths(guard), within: settle });
}

function orderPrefix(place: Place, level: Level, { guard, pending, found }: Surroundings): void {
  orderLevel(toLevel(place.directive.block ?? [], place.within), {
    guard: { prefix: place.text, patterns: guard.patterns },
    settle: place.within,
    pending: [...(place.final ? [] : level.patterns), ...pending],
    found,
  });
}

function orderPatterns(patterns: readonly Place[], guard: Guard, found: OrderedLocation[]): void {
  for (const { directive, text, within } of patterns) {
    if (found.length > MOST_LOCATIONS) return;
    orderLevel(toLevel(directive.block ?? [], within), {
      guard: { prefix: guard.prefix, patterns: [...guard.patterns, text] },
      settle: within,
      pending: [],
      found,
    });
  }
}

function toLevel(block: readonly Directive[], outer: readonly Directive[]): Level {
  const places = block.flatMap((directive) => toPlace(directive, outer));
  return {
    exact: places.flatMap(({ kind, place }) => (kind === "exact" ? [place] : [])),
    prefixes: places
      .flatMap(({ kind, place }) => (kind === "prefix" ? [place] : []))
      .toSorted((first, second) => second.text.length - first.text.length),
    patterns: places.flatMap(({ kind, place }) => (kind === "pattern" ? [place] : [])),
  };
}

function toPlace(
  directive: Directive,
  outer: readonly Directive[],
): readonly { readonly kind: "exact" | "prefix" | "pattern"; readonly place: Place }[] {
  const { name, values, block } = directive;
  if (name !== "location" || block === null) return [];
  const written = values.length > 1 ? values : splitModifier(values[0] ?? "");
  const [modifier = "", path = modifier] = written;
  if (path.startsWith("@")) return [];
  const within = [...outer, directive];
  const place = (text: string): Place => ({ directive, text, within, final: modifier === "^~" });
  if (written.length < 2) return [{ kind: "prefix", place: place(path) }];
  if (modifier === "=") return [{ kind: "exact", place: place(path) }];
  if (modifier === "~*") return [{ kind: "pattern", place: place(`(?i:${path})`) }];
  return [{ kind: modifier === "~" ? "pattern" : "prefix", place: place(path) }];
}

/** `location ~^/api` and `location =/x`: the modifier may touch the path. */
function splitModifier(value: string): readonly string[] {
  const [, modifier, path] = /^(=|~\*|~|\^~)(.+)$/s.exec(value) ?? [];
  return modifier === undefined || path === undefined ? [value] : [modifier, path];
}

function hasLocations({ block }: Directive): boolean {
  return block?.some(({ name }) => name === "location") === true;
}

function toPaths({ prefix, patterns }: Guard): PathMatch {
  const [first, ...others] = patterns;
  const open = prefix === "" || prefix === "/";
  if (first === undefined) return prefix === "" ? { kind: "all" } : { kind: "prefix", text: prefix };
  if (open && others.length === 0) return { kind: "pattern", text: first };
  const ahead = patterns.map((pattern) => `(?=[\\s\\S]*?(?:${pattern}))`).join("");
  return { kind: "pattern", text: `^${ahead}${open ? "" : prefix.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}` };
}
