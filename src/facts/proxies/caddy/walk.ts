import type { OrderedRule } from "../ordered-rules.ts";
import { intersect, prepend } from "../path-sets.ts";
import type { Passing, PathMatch, Protection, SourceLine } from "../proxy.ts";
import { WHOLE_PATH } from "./mapping.ts";
import { type Condition, DEFAULT_PASSING, type Handler, type Mapping, type Route } from "./model.ts";

/** What is known of the requests that come to a place. */
interface State {
  readonly paths: PathMatch;
  readonly methods: readonly string[] | null;
  readonly except: readonly PathMatch[];
  readonly showing: readonly Protection[];
  readonly lacking: readonly (readonly Protection[])[];
  /** What was taken off the path so far. */
  readonly stripped: string;
  readonly replacesPath: string | null;
  readonly passing: Passing;
  /** What maps make of the requests by the names of their placeholders; a text where all of them have the same. */
  readonly maps: ReadonlyMap<string, Mapping | string>;
}

const EVERYTHING: State = {
  paths: { kind: "all" },
  methods: null,
  except: [],
  showing: [],
  lacking: [],
  stripped: "",
  replacesPath: null,
  passing: DEFAULT_PASSING,
  maps: new Map(),
};

interface Walk {
  readonly rules: OrderedRule[];
  readonly unclear: SourceLine[];
  /** Names that alone are served; empty: every one. */
  names: readonly string[];
  steps: number;
}

const MOST_RULES = 1_000;
const MOST_STEPS = 20_000;

/** The routes of a site as the list that a request walks down, and the names that alone are served. */
export function walkRoutes(routes: readonly Route[]): {
  readonly rules: readonly OrderedRule[];
  readonly unclear: readonly SourceLine[];
  readonly names: readonly string[];
} {
  const walk: Walk = { rules: [], unclear: [], names: [], steps: 0 };
  walkLevel(routes, EVERYTHING, walk);
  return walk;
}

/** @returns what is known of the requests that no route ended, apart where a map tells them apart */
function walkLevel(routes: readonly Route[], start: State, walk: Walk): readonly State[] {
  let state = start;
  const taken = new Map<string, PathMatch[]>();
  for (const [index, route] of routes.entries()) {
    walk.steps += 1;
    if (isLong(walk, route)) return [];
    if (takesOtherNames(route, state, walk)) continue;
    const parts = splitByMap(route, state);
    if (parts !== null) {
      const after = parts.flatMap((part) => walkLevel(routes.slice(index + 1), part, walk));
      walk.rules.push({ ...toRule(state, route), ends: "refused" });
      return after;
    }
    const before = route.group === null ? [] : (taken.get(route.group) ?? []);
    const reached: State = { ...state, except: [...state.except, ...before] };
    const sets: readonly (readonly Condition[])[] = route.matchers.length === 0 ? [[]] : route.matchers;
    for (const set of sets) {
      for (const narrowed of narrow(reached, set)) {
        if (isLong(walk, route)) return [];
        const [after, ...others] = runHandlers(route.handlers, narrowed, route, walk);
        const isForAll = set.length === 0 && route.group === null;
        if (isForAll && after === undefined) return [];
        if (isForAll && others.length > 0) {
          return [after, ...others].flatMap((each) => (each ? walkLevel(routes.slice(index + 1), each, walk) : []));
        }
        if (isForAll && after !== undefined) state = { ...after, except: state.except };
        if (!isForAll && after !== undefined && after.replacesPath !== narrowed.replacesPath) {
          walk.unclear.push({ ...route.source, text: "rewrite" });
        }
        if (
          route.group !== null &&
          narrowed.showing.length + narrowed.lacking.length === state.showing.length + state.lacking.length
        ) {
          taken.set(route.group, [...(taken.get(route.group) ?? []), narrowed.paths]);
        }
      }
    }
  }
  return [state];
}

/** What is longer than anybody writes it is not followed to its end. */
function isLong(walk: Walk, { source }: Route): boolean {
  if (walk.rules.length <= MOST_RULES && walk.steps <= MOST_STEPS) return false;
  if (!walk.unclear.some(({ text }) => text === TOO_LONG)) walk.unclear.push({ ...source, text: TOO_LONG });
  return true;
}

const TOO_LONG = "too-large";

/** `respond @other 421` where `@other` is `not host a.example.com`: the site is one of that name. */
function takesOtherNames({ matchers, handlers, group }: Route, state: State, walk: Walk): boolean {
  const [condition, ...others] = matchers.length === 1 ? (matchers[0] ?? []) : [];
  if (condition?.kind !== "not" || others.length > 0 || condition.sets.length !== 1) return false;
  const [only, ...more] = condition.sets[0] ?? [];
  const isForAll = group === null && state.paths.kind === "all" && state.methods === null;
  if (only?.kind !== "hosts" || more.length > 0 || !isForAll || walk.names.length > 0) return false;
  if (!handlers.every(({ kind }) => kind === "answers")) return false;
  walk.names = only.names;
  return true;
}

/**
 * Where all requests for which a map has nothing but its default are answered: the others, one state for each of the
 * map's entries. Null: the route is another.
 */
function splitByMap({ matchers, handlers, group }: Route, state: State): readonly State[] | null {
  const [condition, ...others] = matchers.length === 1 ? (matchers[0] ?? []) : [];
  if (condition?.kind !== "compares" || others.length > 0 || group !== null) return null;
  const mapping = state.maps.get(condition.variable);
  const ends = handlers.length > 0 && handlers.every(({ kind }) => kind === "answers");
  if (mapping === undefined || typeof mapping === "string" || !ends || condition.negated) return null;
  const { entries, fallback } = mapping;
  if (condition.text !== fallback || entries.some(({ text }) => text === fallback)) return null;
  return entries.flatMap(({ pattern, text }): readonly State[] => {
    const paths = intersect(state.paths, prepend(state.stripped, pattern.paths));
    const methods = pattern.methods?.filter((method) => state.methods?.includes(method) !== false) ?? state.methods;
    if (paths === null || methods?.length === 0) return [];
    return [{ ...state, paths, methods, maps: new Map(state.maps).set(condition.variable, text) }];
  });
}

/** @returns what is known of the requests that were not ended */
function runHandlers(handlers: readonly Handler[], start: State, route: Route, walk: Walk): readonly State[] {
  let states: readonly State[] = [start];
  for (const handler of handlers) states = states.flatMap((state) => runHandler(handler, state, route, walk));
  return states;
}

function runHandler(handler: Handler, state: State, route: Route, walk: Walk): readonly State[] {
  switch (handler.kind) {
    case "routes":
      return walkLevel(handler.routes, state, walk);
    case "passes":
      walk.rules.push({
        ...toRule(state, route),
        ends: "handed",
        upstreams: handler.upstreams,
        passing: { ...state.passing, ...handler.changes },
      });
      return [];
    case "answers":
      walk.rules.push({ ...toRule(state, route), ends: "refused" });
      return [];
    case "asks-service":
      walk.rules.push(toGuard(state, route, { kind: "asks-service", to: handler.to }));
      return [state];
    case "basic":
      walk.rules.push(toGuard(state, route, { kind: "basic", ...handler.passwords, file: null }));
      return [state];
    case "checks":
      walk.rules.push(toGuard(state, route, { kind: "unclear", text: handler.text }));
      return [state];
    case "unknown":
      walk.unclear.push({ ...route.source, text: handler.text });
      return [state];
    case "maps":
      return [{ ...state, maps: new Map(state.maps).set(handler.variable, handler.mapping) }];
    case "strips":
    case "rewrites":
    case "changes":
      return [change(state, handler, route, walk)];
  }
}

function change(
  state: State,
  handler: Handler & { readonly kind: "strips" | "rewrites" | "changes" },
  route: Route,
  walk: Walk,
): State {
  if (handler.kind === "changes") return { ...state, passing: { ...state.passing, ...handler.changes } };
  if (handler.kind === "strips") {
    return { ...state, stripped: `${state.stripped}${handler.prefix}`, replacesPath: "/" };
  }
  const [, variable = ""] = /^\{(\w+)\}\??$/.exec(handler.path) ?? [];
  const text = state.maps.get(variable);
  if (typeof text === "string") {
    const isItself = text === WHOLE_PATH || (state.paths.kind === "exact" && state.paths.text === text);
    return isItself ? state : { ...state, replacesPath: text };
  }
  const [, beginning] =
    /^(\/[^{?]*?)\/?\{(?:http\.request\.uri|uri|path|http\.request\.uri\.path|http\.request\.orig_uri\.path)\}/.exec(
      handler.path,
    ) ?? [];
  if (beginning !== undefined) return { ...state, replacesPath: `${beginning}/` };
  if (/^\/[^{}?]*$/.test(handler.path)) return { ...state, replacesPath: handler.path };
  if (!/^\{(?:http\.request\.)?(?:uri|path)\}/.test(handler.path))
    walk.unclear.push({ ...route.source, text: "rewrite" });
  return state;
}

function toRule(state: State, route: Route): OrderedRule {
  const { paths, methods, except, showing, lacking, replacesPath, passing } = state;
  return {
    paths,
    methods,
    except,
    showing,
    lacking,
    replacesPath,
    passing,
    source: route.source,
    ends: "refused",
    upstreams: [],
  };
}

/** Who comes here goes on only if he shows that. */
function toGuard(state: State, route: Route, protection: Protection): OrderedRule {
  return { ...toRule(state, route), lacking: [...state.lacking, [protection]] };
}

/** The requests that fit all conditions of a set, one state for each of its paths. */
function narrow(state: State, set: readonly Condition[]): readonly State[] {
  let states: readonly State[] = [state];
  for (const condition of set) states = states.flatMap((each) => narrowBy(each, condition));
  return states;
}

function narrowBy(state: State, condition: Condition): readonly State[] {
  switch (condition.kind) {
    case "paths":
      return condition.paths.flatMap((paths): readonly State[] => {
        const both = intersect(state.paths, prepend(state.stripped, paths));
        return both === null ? [] : [{ ...state, paths: both }];
      });
    case "methods": {
      const { methods } = condition;
      const both = state.methods === null ? methods : methods.filter((method) => state.methods?.includes(method));
      return both.length === 0 ? [] : [{ ...state, methods: both }];
    }
    case "shows":
      return [{ ...state, showing: [...state.showing, condition.protection] }];
    case "not":
      return narrowByNot(state, condition.sets);
    case "hosts":
    case "compares":
      return [{ ...state, paths: toUnclear(state.paths, toUnclearText(condition)) }];
    case "unclear":
      return [{ ...state, paths: toUnclear(state.paths, condition.text) }];
  }
}

function toUnclearText(condition: Condition): string {
  if (condition.kind === "unclear") return condition.text;
  return condition.kind === "hosts" ? "host" : "expression";
}

function isUnclear({ kind }: Condition): boolean {
  return kind === "unclear" || kind === "hosts" || kind === "compares";
}

function narrowByNot(state: State, sets: readonly (readonly Condition[])[]): readonly State[] {
  let narrowed = state;
  for (const set of sets) {
    const shown = set.flatMap((condition) => (condition.kind === "shows" ? [condition.protection] : []));
    const excepted = set.flatMap((condition) => (condition.kind === "paths" ? condition.paths : []));
    if (shown.length === set.length) {
      narrowed = { ...narrowed, lacking: [...narrowed.lacking, shown] };
    } else if (excepted.length > 0 && set.length === 1) {
      const paths = excepted.map((each) => prepend(state.stripped, each));
      narrowed = { ...narrowed, except: [...narrowed.except, ...paths] };
    } else if (shown.length > 0 && shown.length + excepted.length >= set.length) {
      // Not both a path and a key: on that path the key is demanded, elsewhere all are meant.
      narrowed = { ...narrowed, lacking: [...narrowed.lacking, shown] };
    } else if (set.every((condition) => isUnclear(condition) && !toUnclearText(condition).startsWith("header"))) {
      // What a caller does not choose may be a check.
      const checks = set.map((condition): Protection => ({ kind: "unclear", text: toUnclearText(condition) }));
      narrowed = { ...narrowed, lacking: [...narrowed.lacking, checks] };
    } else {
      narrowed = { ...narrowed, paths: toUnclear(narrowed.paths, "not") };
    }
  }
  return [narrowed];
}

function toUnclear(paths: PathMatch, text: string): PathMatch {
  return { kind: "unclear", text: paths.kind === "all" ? text : `${paths.text} ${text}` };
}
