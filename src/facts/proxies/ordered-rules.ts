import { covers, intersect } from "./path-sets.ts";
import type { PathMatch, Passing, Protection, ProxyLocation, SourceLine, Upstream } from "./proxy.ts";

/**
 * One step of a list that a request walks down: it is refused unless it shows something, or is handed on or answered.
 * Caddy, HAProxy and Traefik all come to such a list.
 */
export interface OrderedRule {
  readonly paths: PathMatch;
  readonly methods: readonly string[] | null;
  /** Requests of these paths are not meant. */
  readonly except: readonly PathMatch[];
  /** Only requests that show this are meant. */
  readonly showing: readonly Protection[];
  /** Only requests that show none of these are meant. */
  readonly lacking: readonly (readonly Protection[])[];
  /** What is demanded of the requests that are meant, which nothing further down takes. */
  readonly demands?: readonly Group[];
  readonly ends: "refused" | "handed";
  readonly upstreams: readonly Upstream[];
  readonly replacesPath: string | null;
  readonly passing: Passing;
  readonly source: SourceLine;
}

const MOST_RULES = 500;

/**
 * Locations of which the first that matches decides, as somebody without any credential meets them: a refusal of
 * those who lack something becomes a protection of all that stands behind it.
 */
export function toLocations(rules: readonly OrderedRule[]): readonly ProxyLocation[] {
  const locations: ProxyLocation[] = [];
  const guards: OrderedRule[] = [];
  const few = withoutExceptions(rules.flatMap(toTelling)).slice(0, MOST_RULES);
  for (const [index, rule] of few.entries()) {
    if (locations.length > MOST_RULES) break;
    if (isGuard(rule)) {
      guards.push(rule);
    } else if (rule.showing.length === 0 || !isOpenBelow(rule, few.slice(index + 1))) {
      const later = few.slice(index + 1);
      const before = rule.showing.length === 0 ? [] : [...findLeftOut(rule, later), ...findNarrower(rule, later)];
      for (const each of before) locations.push(...guard(each.rule, [...guards, ...each.guards]));
      locations.push(...guard(rule, guards));
    }
  }
  return locations.filter((location, index) => !locations.slice(0, index).some((other) => takesAll(other, location)));
}

/**
 * A refusal under a condition that is not understood keeps nobody out for certain; one of those who lack something is
 * a check of which not more is known.
 */
function toTelling(rule: OrderedRule): readonly OrderedRule[] {
  // What is refused to those who show something is not to those who show nothing.
  if (rule.ends === "refused" && rule.showing.length > 0) return [];
  if (rule.ends === "handed" || rule.paths.kind !== "unclear") return [rule];
  if (rule.lacking.length === 0) return [];
  return [{ ...rule, paths: { kind: "all" }, lacking: [[{ kind: "unclear", text: rule.paths.text }]] }];
}

/** Where a rule is not for some paths, what stands behind it for those comes first. */
function withoutExceptions(rules: readonly OrderedRule[]): readonly OrderedRule[] {
  const ordered: OrderedRule[] = [];
  for (const [index, rule] of rules.entries()) {
    const kept = isGuard(rule);
    for (const except of kept ? [] : rule.except) {
      const paths = intersect(rule.paths, except);
      if (paths === null || ordered.length > MOST_RULES || ordered.some((before) => decides(before, paths))) continue;
      const later = rules.slice(index + 1).flatMap((each): readonly OrderedRule[] => {
        const both = intersect(each.paths, paths);
        return both === null ? [] : [{ ...each, paths: both }];
      });
      ordered.push(...withoutExceptions(later));
      if (!ordered.some((before) => decides(before, paths))) ordered.push(toUntaken(rule, paths));
    }
    if (ordered.length > MOST_RULES) return ordered;
    ordered.push(kept ? rule : { ...rule, except: [] });
  }
  return ordered;
}

/** What no rule takes is answered by the proxy itself. */
function toUntaken(rule: OrderedRule, paths: PathMatch): OrderedRule {
  return {
    ...rule,
    paths,
    methods: null,
    except: [],
    showing: [],
    lacking: [],
    demands: [],
    ends: "refused",
    upstreams: [],
  };
}

function decides({ paths, methods, showing, lacking }: OrderedRule, asked: PathMatch): boolean {
  return methods === null && showing.length === 0 && lacking.length === 0 && covers(paths, asked);
}

/** Nothing comes to a location behind one that takes the same requests. */
function takesAll(first: ProxyLocation, second: ProxyLocation): boolean {
  const isSame = first.paths.kind !== "unclear" && JSON.stringify(first.paths) === JSON.stringify(second.paths);
  const methods = first.methods;
  return isSame && (methods === null || second.methods?.every((method) => methods.includes(method)) === true);
}

/** Whether whoever does not show it comes to something further down that hands him on. */
function isOpenBelow(rule: OrderedRule, later: readonly OrderedRule[]): boolean {
  const next = later.find(
    ({ paths, methods, showing, lacking }) =>
      showing.length === 0 && lacking.length === 0 && methods === null && covers(paths, rule.paths),
  );
  const blocked = later
    .slice(0, next === undefined ? later.length : later.indexOf(next))
    .some(
      (each) =>
        isGuard(each) && covers(each.paths, rule.paths) && !each.except.some((except) => covers(except, rule.paths)),
    );
  return !blocked && next?.ends === "handed" && next.upstreams.length > 0;
}

/** What lies within a rule for some and is decided for everybody further down, with the guards before it. */
function findNarrower(
  rule: OrderedRule,
  later: readonly OrderedRule[],
  refusals: "those that matter" | "all" = "those that matter",
): readonly { readonly rule: OrderedRule; readonly guards: readonly OrderedRule[] }[] {
  const end = later.findIndex((each) => decides(each, rule.paths));
  const before = later.slice(0, end < 0 ? later.length : end).filter(({ showing }) => showing.length === 0);
  const isNarrower = ({ paths }: OrderedRule): boolean => covers(rule.paths, paths) && !covers(paths, rule.paths);
  const isHanded = (each: OrderedRule): boolean => each.ends === "handed" && each.upstreams.length > 0;
  return before.flatMap((each, index) => {
    const earlier = before.slice(0, index);
    if (isGuard(each) || !isNarrower(each) || earlier.some((other) => decides(other, each.paths))) return [];
    const shadows = before
      .slice(index + 1)
      .some((other) => isHanded(other) && isNarrower(other) && covers(other.paths, each.paths));
    return isHanded(each) || shadows || refusals === "all" ? [{ rule: each, guards: earlier.filter(isGuard) }] : [];
  });
}

/** What a guard further down leaves out, and is decided for everybody behind it. */
function findLeftOut(
  rule: OrderedRule,
  later: readonly OrderedRule[],
): readonly { readonly rule: OrderedRule; readonly guards: readonly OrderedRule[] }[] {
  const parts = later
    .filter(isGuard)
    .flatMap(({ except }) => except.flatMap((each) => intersect(rule.paths, each) ?? []));
  return parts.flatMap((paths) => {
    const at = later.findIndex((each) => decides(each, paths));
    const found = later[at];
    if (found === undefined) return [];
    const inner = findNarrower({ ...rule, paths }, later.slice(0, at), "all");
    return [...inner, { rule: { ...found, paths }, guards: later.slice(0, at).filter(isGuard) }];
  });
}

function isGuard({ ends, lacking }: OrderedRule): boolean {
  return ends === "refused" && lacking.length > 0;
}

/** A rule behind its guards; where a guard only takes a part of its paths, that part is told first. */
function guard(rule: OrderedRule, guards: readonly OrderedRule[]): readonly ProxyLocation[] {
  const parts = guards
    .flatMap(({ paths, except }) => [paths, ...except])
    .filter((paths) => covers(rule.paths, paths) && !covers(paths, rule.paths))
    .toSorted((first, second) => lengthOf(second) - lengthOf(first));
  const unique = [...new Map(parts.map((paths) => [JSON.stringify(paths), paths])).values()].slice(0, 32);
  return [...unique, rule.paths].flatMap((paths) => guardPaths(rule, paths, guards));
}

function lengthOf(paths: PathMatch): number {
  return paths.kind === "all" ? 0 : paths.text.length + (paths.kind === "exact" ? 0.5 : 0);
}

function guardPaths(rule: OrderedRule, paths: PathMatch, guards: readonly OrderedRule[]): readonly ProxyLocation[] {
  const holding = guards.filter(
    (each) => covers(each.paths, paths) && !each.except.some((except) => covers(except, paths)),
  );
  const always = holding.filter(({ methods }) => methods === null);
  const some = holding.filter(({ methods }) => methods !== null);
  const own = [...toOwn(rule), ...(rule.demands ?? [])];
  const location = (methods: readonly string[] | null, kept: readonly OrderedRule[]): ProxyLocation => ({
    paths,
    methods,
    upstreams: rule.upstreams,
    replacesPath: rule.replacesPath,
    ...combine([...own, ...kept.map(toGroup)]),
    passing: rule.passing,
    source: rule.source,
  });
  const limited = some.flatMap(({ methods }) =>
    rule.methods === null && methods !== null ? [location(methods, [...always, ...some])] : [],
  );
  const rest =
    rule.methods === null
      ? always
      : [...always, ...some.filter(({ methods }) => rule.methods?.every((method) => methods?.includes(method)))];
  return [...limited, location(rule.methods, rest)];
}

/** Protections that must all be met, or of which one is enough. */
interface Group {
  readonly protections: readonly Protection[];
  readonly satisfy: "all" | "any";
}

function toOwn({ showing, ends }: OrderedRule): readonly Group[] {
  const refusal: readonly Protection[] = ends === "refused" ? [{ kind: "refuses" }] : [];
  return showing.length + refusal.length === 0 ? [] : [{ protections: [...showing, ...refusal], satisfy: "all" }];
}

/** Refused are those who lack all of them, so that one is enough; or those who lack any, within one `not`. */
function toGroup({ lacking }: OrderedRule): Group {
  const [first = [], ...others] = lacking;
  if (others.length === 0) return { protections: first, satisfy: "all" };
  return { protections: lacking.flat(), satisfy: lacking.every((each) => each.length === 1) ? "any" : "all" };
}

function combine(groups: readonly Group[]): Group {
  const [only, ...others] = groups.filter(({ protections }) => protections.length > 0);
  if (only === undefined) return { protections: [], satisfy: "all" };
  if (others.length === 0) return only;
  const all = [only, ...others].flatMap(({ protections, satisfy }) => (satisfy === "all" ? protections : []));
  const any = [only, ...others].filter(({ satisfy }) => satisfy === "any");
  // Alternatives besides what must be met anyway cannot be told: the stricter half is.
  return all.length > 0
    ? { protections: all, satisfy: "all" }
    : { protections: any[0]?.protections ?? [], satisfy: "any" };
}
