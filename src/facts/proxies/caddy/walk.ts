import type { OrderedRule } from "../ordered-rules.ts";
import { intersect, prepend } from "../path-sets.ts";
import type { Passing, PathMatch, Protection, SourceLine } from "../proxy.ts";
import { type Condition, DEFAULT_PASSING, type Handler, type Route } from "./model.ts";

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
};

interface Walk {
  readonly rules: OrderedRule[];
  readonly unclear: SourceLine[];
}

const MOST_RULES = 1_000;

/** The routes of a site as the list that a request walks down. */
export function walkRoutes(routes: readonly Route[]): {
  readonly rules: readonly OrderedRule[];
  readonly unclear: readonly SourceLine[];
} {
  const walk: Walk = { rules: [], unclear: [] };
  walkLevel(routes, EVERYTHING, walk);
  return walk;
}

/** @returns what is known of the requests that no route ended; null where all were */
function walkLevel(routes: readonly Route[], start: State, walk: Walk): State | null {
  let state = start;
  const taken = new Map<string, PathMatch[]>();
  for (const route of routes) {
    const before = route.group === null ? [] : (taken.get(route.group) ?? []);
    const reached: State = { ...state, except: [...state.except, ...before] };
    const sets: readonly (readonly Condition[])[] = route.matchers.length === 0 ? [[]] : route.matchers;
    for (const set of sets) {
      for (const narrowed of narrow(reached, set)) {
        if (walk.rules.length > MOST_RULES) return state;
        const after = runHandlers(route.handlers, narrowed, route, walk);
        const isForAll = set.length === 0 && route.group === null;
        if (isForAll && after === null) return null;
        if (isForAll && after !== null) state = { ...after, except: state.except };
        if (!isForAll && after !== null && after.replacesPath !== narrowed.replacesPath) {
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
  return state;
}

/** @returns null where the requests are ended */
function runHandlers(handlers: readonly Handler[], start: State, route: Route, walk: Walk): State | null {
  let state = start;
  for (const handler of handlers) {
    switch (handler.kind) {
      case "routes": {
        const after = walkLevel(handler.routes, state, walk);
        if (after === null) return null;
        state = after;
        break;
      }
      case "passes":
        walk.rules.push({
          ...toRule(state, route),
          ends: "handed",
          upstreams: handler.upstreams,
          passing: { ...state.passing, ...handler.changes },
        });
        return null;
      case "answers":
        walk.rules.push({ ...toRule(state, route), ends: "refused" });
        return null;
      case "asks-service":
        walk.rules.push(toGuard(state, route, { kind: "asks-service", to: handler.to }));
        break;
      case "basic":
        walk.rules.push(toGuard(state, route, { kind: "basic", ...handler.passwords, file: null }));
        break;
      case "checks":
        walk.rules.push(toGuard(state, route, { kind: "unclear", text: handler.text }));
        break;
      case "unknown":
        walk.unclear.push({ ...route.source, text: handler.text });
        break;
      case "strips":
      case "rewrites":
      case "changes":
        state = change(state, handler, route, walk);
    }
  }
  return state;
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
    case "unclear":
      return [{ ...state, paths: toUnclear(state.paths, condition.text) }];
  }
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
    } else if (set.every((condition) => condition.kind === "unclear" && !condition.text.startsWith("header"))) {
      // What a caller does not choose may be a check.
      const checks = set.flatMap((condition): readonly Protection[] =>
        condition.kind === "unclear" ? [{ kind: "unclear", text: condition.text }] : [],
      );
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
