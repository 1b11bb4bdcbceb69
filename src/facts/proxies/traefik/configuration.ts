import { type OrderedRule, toLocations } from "../ordered-rules.ts";
import type {
  Passing,
  Protection,
  ProxyConfiguration,
  ProxyListener,
  ProxySite,
  SourceLine,
  Upstream,
} from "../proxy.ts";
import { type Entry, narrow, type Term } from "../request-tests.ts";
import { toListeners } from "../caddy/names.ts";
import { findMiddlewares, type Middlewares, readChain } from "./middlewares.ts";
import { parseRule } from "./rule.ts";
import { entriesOf, flagOf, get, textOf, textsOf, type Tree } from "./tree.ts";

/** What one provider tells: a file, or the labels of the containers. */
export interface Provided {
  readonly tree: Tree;
  readonly provider: "file" | "docker";
  readonly file: string;
}

export interface TraefikParts {
  /** Files, and what was told at the start. */
  readonly fixed: Tree;
  readonly provided: readonly Provided[];
  readonly files: readonly string[];
  readonly unclear: readonly SourceLine[];
  textOfFile(path: string): string | null;
}

interface EntryPoint {
  readonly name: string;
  readonly address: string;
  readonly tls: boolean;
  readonly redirects: boolean;
  /** Routers that name no entry point listen here. */
  readonly isDefault: boolean;
  readonly middlewares: readonly string[];
}

interface Router {
  readonly entryPoints: readonly string[] | null;
  readonly priority: number;
  readonly terms: readonly (readonly Term[])[];
  readonly tls: boolean;
  readonly isTcp: boolean;
  readonly redirectsTo: readonly string[];
  readonly outcome: Pick<OrderedRule, "ends" | "upstreams" | "replacesPath" | "passing"> & {
    readonly demands: readonly Protection[];
  };
  readonly source: SourceLine;
}

/** What Traefik hands on to whom: for each entry point, with and without TLS, its routers by their priority. */
export function toTraefikConfiguration(parts: TraefikParts): ProxyConfiguration {
  const unclear = [...parts.unclear];
  const middlewares: Middlewares = new Map(
    parts.provided.flatMap(({ tree, provider }) => findMiddlewares(tree, provider)),
  );
  const points = readEntryPoints(parts.fixed);
  const contested = findContestedHosts(parts.provided);
  const routers = parts.provided.flatMap((each) => [
    ...entriesOf(each.tree, "http", "routers").flatMap(
      ([name, router]) =>
        readRouter(name, router, each, { parts, middlewares, contested, unclear, isTcp: false }) ?? [],
    ),
    ...entriesOf(each.tree, "tcp", "routers").flatMap(
      ([name, router]) => readRouter(name, router, each, { parts, middlewares, contested, unclear, isTcp: true }) ?? [],
    ),
  ]);
  const sites = points.flatMap((point) => readPoint(point, routers, { middlewares, parts }));
  return { files: parts.files, sites, unclear };
}

function readEntryPoints(fixed: Tree): readonly EntryPoint[] {
  const all = entriesOf(fixed, "entryPoints").filter(([, point]) => !/\/udp$/i.test(textOf(point, "address") ?? ""));
  const chosen = all.some(([, point]) => flagOf(point, "asDefault") === true);
  const named = all.map(([name, point]): EntryPoint => ({
    name: name.toLowerCase(),
    address: (textOf(point, "address") ?? "").replace(/\/(?:tcp|udp)$/, ""),
    tls: get(point, "http", "tls") !== undefined && flagOf(point, "http", "tls") !== false,
    // It comes first, unless its priority says otherwise.
    redirects:
      get(point, "http", "redirections", "entryPoint") !== undefined &&
      get(point, "http", "redirections", "entryPoint", "priority") === undefined,
    // As its cmd/traefik has it: those that are marked, else all but its own.
    isDefault: chosen ? flagOf(point, "asDefault") === true : name.toLowerCase() !== "traefik",
    middlewares: textsOf(point, "http", "middlewares"),
  }));
  const alone = { name: "http", address: ":80", tls: false, redirects: false, isDefault: true, middlewares: [] };
  return named.length > 0 ? named : [alone];
}

interface RouterContext {
  readonly parts: TraefikParts;
  readonly middlewares: Middlewares;
  /** Hosts that routers ask different TLS options for. */
  readonly contested: ReadonlySet<string>;
  readonly unclear: SourceLine[];
  readonly isTcp: boolean;
}

/** Null: Traefik makes no router of it. */
function readRouter(
  name: string,
  router: unknown,
  { tree, provider, file }: Provided,
  context: RouterContext,
): Router | null {
  const { parts, middlewares, unclear, isTcp } = context;
  const source = { file, line: null, text: `router ${name}`.slice(0, 200) };
  const rule = textOf(router, "rule") ?? "";
  const terms = parseRule(rule);
  if (terms === null) unclear.push(source);
  const chain = readChain(isTcp ? [] : textsOf(router, "middlewares"), provider, middlewares, (path) =>
    parts.textOfFile(path),
  );
  const family = isTcp ? "tcp" : "http";
  const written = textOf(router, "service");
  const service = findService(tree, family, name, written, parts.provided);
  if (service === undefined && !/@(?!file$|docker$)/.test(written ?? "")) return null;
  const priority = Number(textOf(router, "priority") ?? 0);
  const points = textsOf(router, "entryPoints");
  const isOwn = written?.endsWith("@internal") === true;
  const { upstreams, passing } = readService(isOwn ? {} : (service ?? { elsewhere: written }), isTcp);
  const certificate = readCertificate(tree, router, isTcp ? null : terms, context.contested);
  return {
    entryPoints: points.length === 0 ? null : points.map((each) => each.toLowerCase()),
    // As its pkg/server/router has it: one below 0 counts, only 0 is none.
    priority: priority === 0 || Number.isNaN(priority) ? rule.length : priority,
    terms: terms ?? [[{ test: { kind: "unclear", text: "rule", held: true }, negated: false }]],
    tls: get(router, "tls") !== undefined && flagOf(router, "tls") !== false,
    isTcp,
    redirectsTo: chain.redirectsTo,
    outcome: {
      ends: upstreams.length === 0 ? "refused" : "handed",
      upstreams,
      replacesPath: chain.replacesPath,
      passing: { ...passing, ...chain.changes },
      demands: [...certificate, ...chain.demands, ...(isTcp ? readTcpSources(router, tree) : [])],
    },
    source,
  };
}

function readTcpSources(router: unknown, tree: Tree): readonly Protection[] {
  return textsOf(router, "middlewares").map((name): Protection => {
    const found = get(tree, "tcp", "middlewares", name.replace(/@.*$/, ""));
    const ranges = [...textsOf(found, "ipAllowList", "sourceRange"), ...textsOf(found, "ipWhiteList", "sourceRange")];
    return ranges.length === 0 ? { kind: "unclear", text: "middleware" } : { kind: "sources", allowed: ranges };
  });
}

/** Hosts that a rule names, as what it must be called by. */
function hostsOf(terms: readonly Term[]): readonly string[] {
  return terms.flatMap(({ test, negated }) => (test.kind === "hosts" && !negated ? test.names : []));
}

/** Where routers differ in the TLS options of one host, Traefik takes its default ones for all of them. */
function findContestedHosts(provided: readonly Provided[]): ReadonlySet<string> {
  const options = provided
    .flatMap(({ tree }) => entriesOf(tree, "http", "routers"))
    .filter(([, router]) => get(router, "tls") !== undefined)
    .flatMap(([, router]) => {
      const hosts = (parseRule(textOf(router, "rule") ?? "") ?? []).flatMap(hostsOf);
      return hosts.map((host) => [host, (textOf(router, "tls", "options") ?? "default").replace(/@.*$/, "")] as const);
    });
  const byHost = Map.groupBy(options, ([host]) => host);
  return new Set([...byHost].flatMap(([host, all]) => (new Set(all.map(([, name]) => name)).size > 1 ? [host] : [])));
}

/**
 * What TLS options demand. They belong to the hosts that the rule names and to nothing else of it: without a host, the
 * default ones count. `terms` null: bytes are handed on by the name of the handshake itself.
 */
function readCertificate(
  tree: Tree,
  router: unknown,
  terms: readonly (readonly Term[])[] | null,
  contested: ReadonlySet<string>,
): readonly Protection[] {
  const asked = (textOf(router, "tls", "options") ?? "default").replace(/@.*$/, "");
  const isNamed = terms === null || terms.every((each) => hostsOf(each).length > 0);
  const own = readClientAuth(tree, isNamed ? asked : "default");
  const isContested = terms?.flatMap(hostsOf).some((host) => contested.has(host)) === true;
  if (!isContested || own.length === 0) return own;
  return [{ kind: "unclear", text: "different TLS options of one host" }];
}

function readClientAuth(tree: Tree, options: string): readonly Protection[] {
  const type = textOf(tree, "tls", "options", options, "clientAuth", "clientAuthType");
  if (type === null || type === "NoClientCert") return [];
  if (type === "RequireAnyClientCert") return [{ kind: "unclear", text: "any certificate is enough" }];
  return [{ kind: "client-certificate", required: type === "RequireAndVerifyClientCert" }];
}

/** By its name, also of another provider; a container's router without one takes the only service there is. */
function findService(
  tree: Tree,
  family: string,
  router: string,
  written: string | null,
  provided: readonly Provided[],
): unknown {
  const services = entriesOf(tree, family, "services");
  if (written === null)
    return get(tree, family, "services", router) ?? (services.length === 1 ? services[0]?.[1] : undefined);
  const [name = "", provider] = written.split("@", 2);
  const trees =
    provider === undefined ? [tree] : provided.filter((each) => each.provider === provider).map((each) => each.tree);
  return trees.map((each) => get(each, family, "services", name)).find((service) => service !== undefined);
}

function readService(
  service: unknown,
  isTcp: boolean,
): { readonly upstreams: readonly Upstream[]; readonly passing: Passing } {
  const servers = get(service, "loadBalancer", "servers");
  const listed = Array.isArray(servers) ? servers : entriesOf(servers).map(([, server]) => server);
  const urls = listed.flatMap((server) => textOf(server, isTcp ? "address" : "url") ?? []);
  const isOther = entriesOf(service).some(([kind]) => kind.toLowerCase() !== "loadbalancer");
  const keepsHost = flagOf(service, "loadBalancer", "passHostHeader") !== false;
  return {
    upstreams: [
      ...urls.map((url) => toUpstream(isTcp ? `http://${url}` : url)),
      ...(isOther ? [{ kind: "unclear", text: "service" } as const] : []),
    ],
    passing: {
      host: { kind: keepsHost ? "client" : "upstream" },
      authorization: "passed",
      buffered: false,
      httpVersion: isTcp ? null : urls.some((url) => url.startsWith("h2c:")) ? "2" : "1.1",
      silenceMs: null,
      bodyLimitBytes: null,
      allowsOrigins: null,
    },
  };
}

function toUpstream(url: string): Upstream {
  const [, scheme = "", bracketed, named, given] =
    /^(https?|h2c):\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/{}]+))(?::(\d{1,5}))?(?:\/|$)/i.exec(url) ?? [];
  const host = bracketed ?? named;
  const tls = scheme.toLowerCase() === "https";
  const port = given === undefined ? (tls ? 443 : 80) : Number(given);
  if (host === undefined || port < 1 || port > 65_535) return { kind: "unclear", text: "url" };
  return { kind: "tcp", host, port, tls };
}

function readPoint(
  point: EntryPoint,
  routers: readonly Router[],
  { middlewares, parts }: { readonly middlewares: Middlewares; readonly parts: TraefikParts },
): readonly ProxySite[] {
  const own = routers.filter(({ entryPoints }) => entryPoints?.includes(point.name) ?? point.isDefault);
  const chain = readChain(point.middlewares, "file", middlewares, (path) => parts.textOfFile(path));
  return [false, true].flatMap((tls): readonly ProxySite[] => {
    const redirects = point.redirects && !tls;
    const mine = own
      .filter((router) => (router.tls || point.tls) === tls && (router.isTcp || !redirects))
      .toSorted(
        (first, second) =>
          Number(second.isTcp) - Number(first.isTcp) ||
          second.priority - first.priority ||
          // Which of two equals comes first is nowhere said.
          first.outcome.demands.length - second.outcome.demands.length,
      );
    if (mine.length === 0 && !redirects) return [];
    const listeners = toListeners(point.address, tls);
    const source = mine[0]?.source ?? { file: parts.files[0] ?? "", line: null, text: `entryPoint ${point.name}` };
    if (mine.length === 0)
      return [{ names: [], isDefault: true, listeners, locations: toLocations([toRedirect(source)]), source }];
    return [...findNames(mine), []]
      .map((names) => toSite(mine, { tls, names }, listeners, chain.demands))
      .filter(({ locations }) => locations.length > 0);
  });
}

const NO_PASSING: Passing = {
  host: null,
  authorization: null,
  buffered: null,
  httpVersion: null,
  silenceMs: null,
  bodyLimitBytes: null,
  allowsOrigins: null,
};

function toRedirect(source: SourceLine): OrderedRule {
  return {
    paths: { kind: "all" },
    methods: null,
    except: [],
    showing: [],
    lacking: [],
    ends: "refused",
    upstreams: [],
    replacesPath: null,
    passing: NO_PASSING,
    source,
  };
}

function findNames(routers: readonly Router[]): readonly (readonly string[])[] {
  const tests = routers
    .flatMap(({ terms }) => terms.flat())
    .flatMap(({ test }) => (test.kind === "hosts" ? [test.names] : []));
  return [...new Map(tests.map((names) => [names.join(" "), names])).values()].slice(0, 256);
}

function toSite(
  routers: readonly Router[],
  entry: Entry,
  listeners: readonly ProxyListener[],
  demands: readonly Protection[],
): ProxySite {
  const rules = routers.flatMap((router) => router.terms.flatMap((terms) => toRules(router, terms, entry, demands)));
  const source = rules[0]?.source ?? { file: "", line: null, text: "" };
  return { names: entry.names, isDefault: entry.names.length === 0, listeners, locations: toLocations(rules), source };
}

function toRules(
  router: Router,
  terms: readonly Term[],
  entry: Entry,
  common: readonly Protection[],
): readonly OrderedRule[] {
  const narrowed = narrow(terms, entry);
  if (narrowed === null) return [];
  const { demands, ...outcome } = router.outcome;
  const isRedirected = router.redirectsTo.some((scheme) => scheme !== (entry.tls ? "https" : "http"));
  return narrowed.paths.map((paths) => ({
    ...outcome,
    ...(isRedirected ? { ends: "refused" as const, upstreams: [] } : {}),
    ...narrowed,
    paths,
    // What an entry point demands of HTTP, bytes pass by.
    demands: [{ protections: [...(router.isTcp ? [] : common), ...demands], satisfy: "all" }],
    source: router.source,
  }));
}
