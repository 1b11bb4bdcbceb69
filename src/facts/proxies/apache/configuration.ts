import { type ConfigurationFiles, resolvePath } from "../configuration-files.ts";
import { type OrderedRule, toLocations } from "../ordered-rules.ts";
import { covers } from "../path-sets.ts";
import type { Passing, PathMatch, ProxyConfiguration, ProxyLocation, ProxySite, SourceLine } from "../proxy.ts";
import {
  type Access,
  combineAll,
  findLast,
  findLines,
  findSections,
  readAccess,
  type RequestSection,
} from "./access.ts";
import type { ApacheDirective } from "./directives.ts";
import { loadApache } from "./load.ts";
import { findBalancers, findPasses, findRefusals, type Pass } from "./passes.ts";
import { type ApacheServer, findServers } from "./servers.ts";

export interface ApacheStart {
  readonly path: string;
  readonly root: string;
  readonly variables: ReadonlyMap<string, string>;
  /** Decides over defaults; null: not known. */
  readonly version: string | null;
}

/** What a configuration of Apache hands on to whom. Null: its main file cannot be read. */
export async function readApache(files: ConfigurationFiles, start: ApacheStart): Promise<ProxyConfiguration | null> {
  if ((await files.read(start.path)) === null) return null;
  const { directives, faults } = await loadApache(files, start.path, start.root, start.variables);
  const root = directives.findLast(({ name }) => name === "serverroot")?.values[0] ?? start.root;
  const context: Context = { root, version: start.version };
  const sites = findServers(directives).map((server) => readSite(server, context, start.path));
  return { files: files.files, sites, unclear: [...faults, ...files.unread] };
}

interface Context {
  readonly root: string;
  readonly version: string | null;
}

function readSite(server: ApacheServer, context: Context, file: string): ProxySite {
  const { lines } = server;
  const sections = findSections(lines);
  const source = server.directive === null ? { file, line: null, text: "main server" } : toSource(server.directive);
  const refusals = findRefusals(
    lines,
    server.listeners.some((each) => each.kind === "tcp" && each.tls),
  ).map(({ protection, paths, directive }): OrderedRule => ({
    ...toRule(paths, readPassing([lines], null, context), toSource(directive)),
    lacking: protection === null ? [] : [[protection]],
  }));
  const passes = findPasses(lines, findBalancers(lines));
  const handed = passes.flatMap((pass) => splitPass(pass, lines, sections, context));
  const locations = toLocations([...refusals, ...handed]).flatMap((location) =>
    withAccess(location, lines, sections, context),
  );
  return {
    names: server.isDefault && server.names.length === 0 ? [] : server.names,
    isDefault: server.isDefault,
    listeners: server.listeners,
    locations,
    source,
  };
}

function toRule(paths: PathMatch, passing: Passing, source: SourceLine): OrderedRule {
  return {
    paths,
    methods: null,
    except: [],
    showing: [],
    lacking: [],
    ends: "refused",
    upstreams: [],
    replacesPath: null,
    passing,
    source,
  };
}

/** Sections for a part of the paths come first, for other things may count in them. */
function splitPass(
  pass: Pass,
  lines: readonly ApacheDirective[],
  sections: readonly RequestSection[],
  context: Context,
): readonly OrderedRule[] {
  const narrower = sections
    .map(({ paths }) => paths)
    .filter((paths) => covers(pass.paths, paths) && !covers(paths, pass.paths))
    .toSorted((first, second) => lengthOf(second) - lengthOf(first));
  return [...narrower, pass.paths].map((paths) => ({
    ...toRule(paths, readPassing(findLines(lines, sections, paths), pass, context), toSource(pass.directive)),
    ends: pass.upstreams.length === 0 ? ("refused" as const) : ("handed" as const),
    upstreams: pass.upstreams,
    replacesPath: pass.replacesPath === null || paths === pass.paths ? pass.replacesPath : moved(pass, paths),
  }));
}

/** What the upstream is asked in place of a part of the paths. */
function moved({ paths: outer, replacesPath }: Pass, inner: PathMatch): string | null {
  const isPlain = inner.kind === "prefix" || inner.kind === "exact";
  const taken = outer.kind === "prefix" ? outer.text.length : 1;
  return isPlain && replacesPath !== null ? `${replacesPath}${inner.text.slice(taken)}` : null;
}

function lengthOf(paths: PathMatch): number {
  return paths.kind === "all" ? 0 : paths.text.length;
}

/** What the sections demand; `<Limit>` and `<LimitExcept>` only of some methods. */
function withAccess(
  location: ProxyLocation,
  lines: readonly ApacheDirective[],
  sections: readonly RequestSection[],
  context: Context,
): readonly ProxyLocation[] {
  const blocks = findLines(lines, sections, location.paths);
  const resolve = (path: string): string => resolvePath(path, context.root);
  const own: Access = { protections: location.protections, satisfy: location.satisfy };
  const verify = findLast(blocks, "sslverifyclient")?.[0]?.toLowerCase() ?? "none";
  const certificate: Access = {
    protections: verify === "none" ? [] : [{ kind: "client-certificate", required: verify === "require" }],
    satisfy: "all",
  };
  const combine = (access: Access): Access => combineAll([certificate, own, access]);
  const base = combine(readAccess(blocks, resolve));
  const limited = blocks
    .flat()
    .filter(({ name, block }) => block !== null && (name === "limit" || name === "limitexcept"));
  const parts = limited.map((limit): ProxyLocation => {
    const methods = limit.values.map((method) => method.toUpperCase());
    const inner = combine(readAccess([...blocks, limit.block ?? []], resolve));
    return {
      ...location,
      ...(limit.name === "limit" ? inner : base),
      methods: methods.includes("GET") ? [...methods, "HEAD"] : methods,
    };
  });
  const except = limited.find(({ name }) => name === "limitexcept");
  const rest = except === undefined ? base : combine(readAccess([...blocks, except.block ?? []], resolve));
  return [...parts, { ...location, ...rest }];
}

const DEFAULT_SECONDS = "60";

function readPassing(
  blocks: readonly (readonly ApacheDirective[])[],
  pass: Pass | null,
  { version }: Context,
): Passing {
  const headers = blocks.flat().filter(({ name }) => name === "requestheader");
  const headerOf = (wanted: string) =>
    headers.findLast(
      ({ values }) =>
        values[1]?.toLowerCase() === wanted && /^(?:set|unset|edit\*?|append|merge|add)$/i.test(values[0] ?? ""),
    );
  const authorization = headerOf("authorization");
  const host = headerOf("host")?.values[2];
  const seconds =
    pass?.timeout ?? findLast(blocks, "proxytimeout")?.[0] ?? findLast(blocks, "timeout")?.[0] ?? DEFAULT_SECONDS;
  const keepsHost = findLast(blocks, "proxypreservehost")?.[0]?.toLowerCase() === "on";
  const isOld = blocks.flat().some(({ name, values }) => name === "setenv" && values[0] === "force-proxy-request-1.0");
  return {
    host:
      host === undefined
        ? { kind: keepsHost ? "client" : "upstream" }
        : host.includes("%")
          ? null
          : { kind: "literal", text: host },
    authorization:
      authorization === undefined ? "passed" : /^unset$/i.test(authorization.values[0] ?? "") ? "removed" : "replaced",
    buffered: false,
    httpVersion: pass?.speaksTwo === true ? "2" : isOld ? "1.0" : "1.1",
    silenceMs: /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1_000 : null,
    bodyLimitBytes: toBodyLimit(findLast(blocks, "limitrequestbody")?.[0], version),
    allowsOrigins: findOrigins(blocks),
  };
}

/** Since 2.4.53 one gibibyte where nothing is said. */
function toBodyLimit(written: string | undefined, version: string | null): number | null {
  if (written !== undefined) return /^[1-9]\d{0,14}$/.test(written) ? Number(written) : null;
  const [, patch] = /^2\.4\.(\d+)/.exec(version ?? "") ?? [];
  return patch !== undefined && Number(patch) >= 53 ? 1024 ** 3 : null;
}

function findOrigins(blocks: readonly (readonly ApacheDirective[])[]): readonly string[] | null {
  const values = blocks.flat().flatMap(({ name, values: written }) => {
    const plain = written[0]?.toLowerCase() === "always" ? written.slice(1) : written;
    const isSet = name === "header" && /^(?:set|add|append|merge)$/i.test(plain[0] ?? "");
    return isSet && /^access-control-allow-origin$/i.test(plain[1] ?? "") ? plain.slice(2, 3) : [];
  });
  return values.length === 0 ? null : values.map((value) => (value.startsWith("%{") ? "*" : value));
}

const SHOWN: ReadonlySet<string> = new Set(["virtualhost", "location", "locationmatch", "listen"]);

/** Where a directive stands; its values only where they are no place for a credential. */
function toSource({ name, values, file, line }: ApacheDirective): SourceLine {
  return { file, line, text: [name, ...(SHOWN.has(name) ? values : [])].join(" ").slice(0, 200) };
}
