import { resolvePath } from "../configuration-files.ts";
import { WRONG_CREDENTIAL } from "../credential-names.ts";
import { covers } from "../path-sets.ts";
import type { PathMatch, Protection, ProxyLocation, SourceLine, Upstream } from "../proxy.ts";
import { readAccess } from "./access.ts";
import type { Directive } from "./directives.ts";
import { orderLocations } from "./location-order.ts";
import { readPassing, withGroupName } from "./passing.ts";
import { followRewriting, type Outcome } from "./rewriting.ts";
import { findRouting, type Routed } from "./routed.ts";
import { type Scope, toSource } from "./scope.ts";
import { type Groups, resolvePass } from "./upstreams.ts";
import type { Caller, Maps } from "./variables.ts";

/** What all servers of an `http` block have in common. */
export interface HttpContext {
  readonly http: readonly Directive[];
  readonly groups: Groups;
  readonly maps: Maps;
  readonly version: string | null;
  /** What relative paths begin at. */
  readonly folder: string;
  /** Collects what was not understood. */
  readonly unclear: SourceLine[];
}

/** One server block as it is reached with or without TLS. */
export interface ServerContext extends HttpContext {
  readonly server: Directive;
  readonly tls: boolean;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;

/** The locations of a server in the order in which requests meet them. */
export function readLocations(context: ServerContext): readonly ProxyLocation[] {
  const ordered = orderLocations(context.server.block ?? []);
  const routing = findRouting(context.server.block ?? [], context.maps);
  if (routing === null) {
    return ordered.flatMap(({ paths, within }) => readLocation(context, { paths: simplify(paths), within }));
  }
  return routing.requests.flatMap((routed) => {
    const { paths, path } = routed;
    const asked: PathMatch = path === null ? paths : { kind: "exact", text: path };
    const taking = ordered.find((each) => covers(each.paths, asked));
    return readLocation(context, { paths, within: taking?.within ?? [], routed: { ...routed, by: routing.rewrite } });
  });
}

/** Requests of one kind, and the locations that they have come to. */
interface Place {
  readonly paths: PathMatch;
  /** Outermost first; empty: the server itself. */
  readonly within: readonly Directive[];
  readonly routed?: Routed & { readonly by: Directive };
}

/** `^/ollama/(.*)$` matches what the prefix does. */
function simplify(paths: PathMatch): PathMatch {
  const [, prefix] =
    paths.kind === "pattern" ? (/^\^(\/(?:[\w/-]|\\[.\-/])*)\(?\.\*\)?\$?$/.exec(paths.text) ?? []) : [];
  return prefix === undefined ? paths : { kind: "prefix", text: prefix.replaceAll("\\", "") };
}

function readLocation(context: ServerContext, place: Place): readonly ProxyLocation[] {
  const { paths, within, routed } = place;
  const innermost = within.at(-1);
  const block = innermost?.block ?? [];
  const source = toSource(innermost ?? context.server);
  const scope = toScope(context, within);
  const early = findEarlyProtection(context, { paths, block, at: innermost ?? context.server });
  const access = readAccess(
    scope,
    (path) => resolvePath(path, context.folder),
    (path) => findService(context, path),
  );
  const outcome = routed === undefined ? early.outcome : toRouted(early.outcome, routed);
  const handed = early.fallback === null ? findHanded(context, paths, block, outcome) : null;
  const base = { paths, source, passing: readPassing(scope, context.version) };
  if (early.fallback !== null) {
    return [{ ...base, ...readNamed(context, paths, early.fallback), methods: null }];
  }
  if (early.refuses || block.some(({ name }) => name === "internal")) {
    return [
      { ...base, methods: null, upstreams: [], replacesPath: null, protections: [{ kind: "refuses" }], satisfy: "all" },
    ];
  }
  const rescue = findErrorPage(context, scope, ["401", "403"]);
  if (rescue !== null && access.protections.length > 0) {
    return [{ ...base, ...readNamed(context, paths, rescue), methods: early.methods }];
  }
  const inner = handed?.named === undefined ? null : readNamed(context, paths, handed.named);
  const location: ProxyLocation = {
    ...base,
    methods: routed?.methods ?? early.methods,
    upstreams: inner?.upstreams ?? handed?.upstreams ?? [],
    replacesPath: inner?.replacesPath ?? handed?.replacesPath ?? null,
    ...combine(early.protections, access, inner?.protections ?? []),
    passing: inner?.passing ?? withGroupName(base.passing, handed?.group ?? null),
  };
  return limitMethods(context, scope, location, block);
}

/** What is known once maps have told where a request goes: the path it was given is no longer its own. */
function toRouted(outcome: Outcome | null, { by, variables }: NonNullable<Place["routed"]>): Outcome | null {
  if (outcome === null) return outcome;
  return {
    ...outcome,
    variables: new Map([...outcome.variables, ...variables]),
    rewrites: outcome.rewrites.filter((rewrite) => rewrite !== by),
  };
}

function toScope({ http, server }: ServerContext, within: readonly Directive[]): Scope {
  return [http, server.block ?? [], ...within.map(({ block }) => block ?? [])];
}

/** Of `satisfy any` only the checks of the access phase are alternatives; the others must be met besides. */
function combine(
  early: readonly Protection[],
  { protections, satisfy }: Pick<ProxyLocation, "protections" | "satisfy">,
  inner: readonly Protection[],
): Pick<ProxyLocation, "protections" | "satisfy"> {
  const always = [...early, ...inner];
  if (satisfy === "all") return { protections: [...always, ...protections], satisfy };
  return always.length === 0 ? { protections, satisfy } : { protections: always, satisfy: "all" };
}

interface Early {
  readonly protections: readonly Protection[];
  readonly methods: readonly string[] | null;
  readonly refuses: boolean;
  /** Where a refusal is not the end: `error_page` hands it on. */
  readonly fallback: Directive | null;
  readonly outcome: Outcome | null;
}

/** What `if`, `return` and `rewrite` make of callers without a credential, with a wrong one and with the right one. */
function findEarlyProtection(
  context: ServerContext,
  { paths, block, at }: { readonly paths: PathMatch; readonly block: readonly Directive[]; readonly at: Directive },
): Early {
  const path = paths.kind === "exact" ? paths.text : null;
  const blocks = [context.server.block ?? [], ...(block === context.server.block ? [] : [block])];
  const follow = (credential: string | null, method: string) => {
    const caller: Caller = { credential, method, path, tls: context.tls };
    return followRewriting(at === context.server ? blocks.slice(0, 1) : blocks, caller, context.maps);
  };
  const members = METHODS.map((method) => ({ method, outcomes: follow(null, method) }));
  const passing = members.filter(({ outcomes }) => outcomes === null || outcomes.some(({ status }) => status === null));
  const tried = passing.find(({ method }) => method === "POST")?.method ?? passing[0]?.method ?? "POST";
  const [strangers, wrong, member] = [follow("", tried), follow(WRONG_CREDENTIAL, tried), follow(null, tried)];
  const none = { protections: [], methods: null, refuses: false, fallback: null, outcome: null };
  if (strangers === null || wrong === null || member === null) {
    return { ...none, protections: [{ kind: "unclear", text: "too many conditions" }] };
  }
  const fallback = findErrorPage(
    context,
    [context.http, context.server.block ?? [], block],
    strangers.flatMap(({ status }) => (status === null ? [] : [String(status)])),
  );
  const outcome = member.find(({ status }) => status === null) ?? null;
  if (fallback !== null) return { ...none, fallback, outcome };
  if (outcome === null) return { ...none, refuses: true };
  const methods =
    passing.length === METHODS.length ||
    (passing.length === METHODS.length - 1 && !passing.some(({ method }) => method === "OPTIONS"))
      ? null
      : passing.map(({ method }) => method);
  return { ...none, methods, outcome, protections: toProtections(strangers, wrong, member) };
}

function toProtections(
  strangers: readonly Outcome[],
  wrong: readonly Outcome[],
  member: readonly Outcome[],
): readonly Protection[] {
  const passes = (outcomes: readonly Outcome[]) => outcomes.filter(({ status }) => status === null);
  const through = passes(strangers);
  if (through.length === 0) {
    if (wrong.some(({ status, guesses }) => status !== null && guesses.has("credential")))
      return [{ kind: "unclear", text: "a credential that is compared with an expression" }];
    if (passes(wrong).length > 0) return [{ kind: "any-credential" }];
    const looksAt = new Set(passes(member).flatMap((outcome) => [...outcome.looksAt]));
    if (looksAt.has("certificate") && !looksAt.has("credential"))
      return [{ kind: "client-certificate", required: true }];
    return [{ kind: "bearer" }];
  }
  const isHeld = ({ looksAt }: Outcome): boolean => looksAt.has("held") || looksAt.has("address");
  const refused = strangers.filter((each) => each.status !== null && each.status >= 400 && isHeld(each));
  if (refused.length === 0 || !through.every(isHeld)) return [];
  const byWhoAsks = refused.some(({ looksAt }) => looksAt.has("address"));
  return [{ kind: "unclear", text: "a condition on a variable", ...(byWhoAsks ? { byWhoAsks } : {}) }];
}

interface Handed {
  readonly upstreams: readonly Upstream[];
  readonly replacesPath: string | null;
  readonly group: string | null;
  readonly named?: Directive;
}

/** To whom a location hands on: its own `proxy_pass`, also below `if`, or the named location its other ways end in. */
function findHanded(
  context: ServerContext,
  paths: PathMatch,
  block: readonly Directive[],
  outcome: Outcome | null,
): Handed | null {
  const passes = block.flatMap((directive) =>
    directive.name === "proxy_pass"
      ? [directive]
      : directive.name === "if"
        ? (directive.block ?? []).filter(({ name }) => name === "proxy_pass")
        : [],
  );
  if (passes.length === 0) {
    const named = findFallback(context, block);
    return named === null ? null : { upstreams: [], replacesPath: null, group: null, named };
  }
  const passed = passes.map(({ values }) =>
    resolvePass(values[0] ?? "", { ...context, variables: outcome?.variables ?? new Map() }),
  );
  const rewritten = readRewrites(context, paths, outcome?.rewrites ?? []);
  return {
    upstreams: passed.flatMap(({ upstreams }) => upstreams),
    group: passed.length === 1 ? (passed[0]?.group ?? null) : null,
    replacesPath: rewritten ?? toReplacement(context, withoutItself(paths, passed.at(-1)?.path ?? null), passes.at(-1)),
  };
}

/** A path that is put in place of itself changes nothing. */
function withoutItself(paths: PathMatch, path: string | null): string | null {
  return paths.kind === "exact" && path === paths.text ? null : path;
}

/** Variables that are the path as it came leave it so; one of an expression is what is left behind its beginning. */
function toReplacement(context: ServerContext, path: string | null, pass: Directive | undefined): string | null {
  if (path === null || /^\/?\$\{?(?:request_uri|uri|document_uri|is_args|args)\}?/.test(path)) return null;
  const [, beginning] = /^((?:\/[^$]*)?)\$\{?\w+\}?(?:\$is_args\$args|\?\$args)?$/.exec(path) ?? [];
  if (beginning !== undefined) return beginning === "" ? "/" : beginning;
  if (!path.includes("$")) return path;
  if (pass !== undefined) context.unclear.push(toSource(pass));
  return null;
}

/** `rewrite ^/ollama/(.*)$ /$1 break;` is what a `proxy_pass` with a path would be. */
function readRewrites(context: ServerContext, paths: PathMatch, rewrites: readonly Directive[]): string | null {
  const [first, ...others] = rewrites;
  if (first === undefined) return null;
  const [pattern = "", replacement = "", flag] = first.values;
  const [, from] = /^\^(\/?(?:[\w/-]|\\[.\-/])*)\(\/?\.[*+]\)\$?$/.exec(pattern) ?? [];
  const [, to] = /^(\/[^$]*|)\$1$/.exec(replacement) ?? [];
  const prefix = paths.kind === "prefix" ? paths.text : null;
  const plain = from?.replaceAll("\\", "");
  if (others.length > 0 || flag !== "break" || plain === undefined || to === undefined || prefix === null) {
    context.unclear.push(toSource(first));
    return null;
  }
  const base = to === "" ? "/" : to;
  if (plain.startsWith(prefix)) return base;
  return prefix.startsWith(plain) ? base + prefix.slice(plain.length) : null;
}

function findFallback(context: ServerContext, block: readonly Directive[]): Directive | null {
  const tried = block.find(({ name }) => name === "try_files")?.values.at(-1);
  if (tried?.startsWith("@") === true) return findNamed(context, tried);
  return findErrorPage(context, [block], ["404", "403"]);
}

/** The named location that an `error_page` hands one of these answers on to. */
function findErrorPage(context: ServerContext, scope: Scope, statuses: readonly string[]): Directive | null {
  for (const blocks of scope.toReversed()) {
    const pages = blocks.filter(({ name }) => name === "error_page");
    for (const { values } of pages) {
      const target = values.at(-1) ?? "";
      if (target.startsWith("@") && values.slice(0, -1).some((value) => statuses.includes(value))) {
        return findNamed(context, target);
      }
    }
    if (pages.length > 0) return null;
  }
  return null;
}

function findNamed({ server }: ServerContext, name: string): Directive | null {
  const found = server.block?.find((directive) => directive.name === "location" && directive.values[0] === name);
  return found?.block?.some((directive) => directive.name === "proxy_pass") === true ? found : null;
}

/** What a named location does with a request that was handed on to it. */
function readNamed(
  context: ServerContext,
  paths: PathMatch,
  named: Directive,
): Pick<ProxyLocation, "upstreams" | "replacesPath" | "protections" | "satisfy" | "passing"> {
  const scope = toScope(context, [named]);
  const early = findEarlyProtection(context, { paths, block: named.block ?? [], at: named });
  const access = readAccess(
    scope,
    (path) => resolvePath(path, context.folder),
    (path) => findService(context, path),
  );
  const handed = findHanded(context, paths, named.block ?? [], early.outcome);
  return {
    upstreams: handed?.upstreams ?? [],
    replacesPath: handed?.replacesPath ?? null,
    ...combine(early.protections, access, []),
    passing: withGroupName(readPassing(scope, context.version), handed?.group ?? null),
  };
}

/** `limit_except GET { … }`: other methods meet what stands in it. */
function limitMethods(
  context: ServerContext,
  scope: Scope,
  location: ProxyLocation,
  block: readonly Directive[],
): readonly ProxyLocation[] {
  const limit = block.find(({ name }) => name === "limit_except");
  if (limit?.block === null || limit === undefined) return [location];
  const named = limit.values.map((method) => method.toUpperCase());
  const methods = named.includes("GET") && !named.includes("HEAD") ? [...named, "HEAD"] : named;
  const access = readAccess(
    [...scope, limit.block],
    (path) => resolvePath(path, context.folder),
    (path) => findService(context, path),
  );
  return [
    { ...location, methods },
    { ...location, ...combine(location.protections, access, []), source: toSource(limit) },
  ];
}

/** What `auth_request /auth` asks: the upstream of that location where it has one, else the path. */
function findService(context: ServerContext, path: string): string {
  const location = context.server.block?.find(({ name, values }) => name === "location" && values.at(-1) === path);
  const pass = location?.block?.find(({ name }) => name === "proxy_pass")?.values[0];
  const [upstream] = pass === undefined ? [] : resolvePass(pass, { ...context, variables: new Map() }).upstreams;
  if (upstream?.kind === "tcp") return `${upstream.host}:${upstream.port}`;
  return upstream?.kind === "unix" ? `unix:${upstream.path}` : path;
}
