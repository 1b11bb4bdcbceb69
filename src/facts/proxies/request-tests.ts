import { intersect } from "./path-sets.ts";
import type { PathMatch, Protection } from "./proxy.ts";

/** What one test says of a request: an ACL of HAProxy, a matcher in a rule of Traefik. */
export type Test =
  | { readonly kind: "paths"; readonly paths: readonly PathMatch[] }
  | { readonly kind: "methods"; readonly methods: readonly string[] }
  | { readonly kind: "hosts"; readonly names: readonly string[] }
  | { readonly kind: "shows"; readonly protection: Protection }
  | { readonly kind: "tls" }
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  /** `held`: it looks at something that a caller does not choose. */
  | { readonly kind: "unclear"; readonly text: string; readonly held: boolean };

/** A test that must hold, or must not. */
export interface Term {
  readonly test: Test;
  readonly negated: boolean;
}

/** Alternatives that grow beyond this are cut. */
export const MOST_ALTERNATIVES: number = 64;

/** Not (a and b, or c): not a and not c, or not b and not c. */
export function negate(alternatives: readonly (readonly Term[])[]): readonly (readonly Term[])[] {
  let negated: readonly (readonly Term[])[] = [[]];
  for (const terms of alternatives) {
    negated = negated
      .flatMap((before) => terms.map(({ test, negated: already }) => [...before, { test, negated: !already }]))
      .slice(0, MOST_ALTERNATIVES);
  }
  return negated;
}

/** What terms leave of all requests. */
export interface Narrowed {
  readonly paths: readonly PathMatch[];
  readonly methods: readonly string[] | null;
  readonly except: readonly PathMatch[];
  readonly showing: readonly Protection[];
  readonly lacking: readonly (readonly Protection[])[];
}

/** How requests come in: with TLS or not, and under which of the names that are told apart; none: another. */
export interface Entry {
  readonly tls: boolean;
  readonly names: readonly string[];
}

/** What is left of all requests by terms that all must hold; null: none. */
export function narrow(terms: readonly Term[], { tls, names }: Entry): Narrowed | null {
  let state: Narrowed = { paths: [{ kind: "all" }], methods: null, except: [], showing: [], lacking: [] };
  for (const { test, negated } of terms) {
    if (test.kind === "never" || test.kind === "always") {
      if ((test.kind === "always") === negated) return null;
    } else if (test.kind === "tls") {
      if (tls === negated) return null;
    } else if (test.kind === "hosts") {
      const fits = names.length > 0 && names.every((name) => test.names.includes(name));
      if (fits === negated) return null;
    } else {
      const next = negated ? narrowByNot(state, test) : narrowBy(state, test);
      if (next === null) return null;
      state = next;
    }
  }
  return state;
}

type Telling = Exclude<Test, { readonly kind: "always" | "never" | "tls" | "hosts" }>;

function narrowBy(state: Narrowed, test: Telling): Narrowed | null {
  switch (test.kind) {
    case "paths": {
      const paths = state.paths.flatMap((each) => test.paths.flatMap((other) => intersect(each, other) ?? []));
      return paths.length === 0 ? null : { ...state, paths: paths.slice(0, MOST_ALTERNATIVES) };
    }
    case "methods": {
      const methods = test.methods.filter((method) => state.methods?.includes(method) !== false);
      return methods.length === 0 ? null : { ...state, methods };
    }
    case "shows":
      return { ...state, showing: [...state.showing, test.protection] };
    case "unclear":
      return { ...state, paths: state.paths.map((paths) => toUnclear(paths, test.text)) };
  }
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;

function narrowByNot(state: Narrowed, test: Telling): Narrowed | null {
  switch (test.kind) {
    case "paths":
      return { ...state, except: [...state.except, ...test.paths] };
    case "methods": {
      const methods = METHODS.filter(
        (method) => !test.methods.includes(method) && state.methods?.includes(method) !== false,
      );
      return methods.length === 0 ? null : { ...state, methods };
    }
    case "shows":
      return { ...state, lacking: [...state.lacking, [test.protection]] };
    case "unclear":
      if (test.held) return { ...state, lacking: [...state.lacking, [{ kind: "unclear", text: test.text }]] };
      return { ...state, paths: state.paths.map((paths) => toUnclear(paths, test.text)) };
  }
}

function toUnclear(paths: PathMatch, text: string): PathMatch {
  return { kind: "unclear", text: paths.kind === "all" ? text : `${paths.text} ${text}` };
}
