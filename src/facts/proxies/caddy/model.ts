import type { Passwords } from "../passwords.ts";
import type { RequestPattern } from "../request-patterns.ts";
import type { PathMatch, Passing, Protection, ProxyListener, SourceLine, Upstream } from "../proxy.ts";

/** A site of Caddy, whether its JSON or a Caddyfile told it. */
export interface CaddySite {
  readonly names: readonly string[];
  readonly listeners: readonly ProxyListener[];
  /** A certificate that callers must show. */
  readonly certificate: Protection | null;
  readonly routes: readonly Route[];
  readonly source: SourceLine;
}

/** Handlers for the requests that one of the sets of conditions fits; none: every request. */
export interface Route {
  readonly matchers: readonly (readonly Condition[])[];
  readonly handlers: readonly Handler[];
  /** Of routes with the same group only the first that fits is taken. */
  readonly group: string | null;
  readonly source: SourceLine;
}

/** What a request must look like. */
export type Condition =
  | { readonly kind: "paths"; readonly paths: readonly PathMatch[] }
  | { readonly kind: "methods"; readonly methods: readonly string[] }
  /** Only who has this fits. */
  | { readonly kind: "shows"; readonly protection: Protection }
  /** One of these names is asked for. */
  | { readonly kind: "hosts"; readonly names: readonly string[] }
  /** What a map made of the request is, or is not, this text. */
  | { readonly kind: "compares"; readonly variable: string; readonly text: string; readonly negated: boolean }
  | { readonly kind: "not"; readonly sets: readonly (readonly Condition[])[] }
  | { readonly kind: "unclear"; readonly text: string };

/** What a handler does. */
export type Handler =
  | { readonly kind: "routes"; readonly routes: readonly Route[] }
  | { readonly kind: "passes"; readonly upstreams: readonly Upstream[]; readonly changes: Changes }
  | { readonly kind: "asks-service"; readonly to: string }
  | { readonly kind: "basic"; readonly passwords: Passwords }
  | { readonly kind: "checks"; readonly text: string }
  | { readonly kind: "answers" }
  | { readonly kind: "maps"; readonly variable: string; readonly mapping: Mapping }
  | { readonly kind: "strips"; readonly prefix: string }
  | { readonly kind: "rewrites"; readonly path: string }
  | { readonly kind: "changes"; readonly changes: Changes }
  | { readonly kind: "unknown"; readonly text: string };

/** What a map makes of requests: a text for those of each pattern, and one for all others. */
export interface Mapping {
  readonly entries: readonly { readonly pattern: RequestPattern; readonly text: string }[];
  readonly fallback: string;
}

/** What is not as by default. */
export type Changes = { readonly [Name in keyof Passing]?: Passing[Name] };

export const DEFAULT_PASSING: Passing = {
  host: { kind: "client" },
  authorization: "passed",
  buffered: false,
  httpVersion: "1.1",
  silenceMs: null,
  bodyLimitBytes: null,
  allowsOrigins: null,
};
