import { parsePasswordFile, summarizeHashes } from "../passwords.ts";
import type { Passing, Protection } from "../proxy.ts";
import { entriesOf, flagOf, get, textOf, textsOf, type Tree } from "./tree.ts";

/** What a router's middlewares do with a request. */
export interface Chain {
  /** Each must be met. */
  readonly demands: readonly Protection[];
  /** Schemes that it is sent to where it did not come by them. */
  readonly redirectsTo: readonly string[];
  readonly replacesPath: string | null;
  readonly changes: { readonly [Name in keyof Passing]?: Passing[Name] };
}

const NOTHING: Chain = { demands: [], redirectsTo: [], replacesPath: null, changes: {} };
const HARMLESS: ReadonlySet<string> = new Set([
  "ratelimit",
  "inflightreq",
  "retry",
  "circuitbreaker",
  "compress",
  "contenttype",
  "errors",
  "passtlsclientcert",
  "grpcweb",
]);
const DEEPEST = 8;

/** Middlewares by `name@provider`. */
export type Middlewares = ReadonlyMap<string, unknown>;

/** @param textOfFile the text of a file with users, where it could be read */
export function readChain(
  names: readonly string[],
  provider: string,
  middlewares: Middlewares,
  textOfFile: (path: string) => string | null,
  depth: number = 0,
): Chain {
  return names.reduce<Chain>((chain, name) => {
    const full = name.includes("@") ? name : `${name}@${provider}`;
    const found = middlewares.get(full.toLowerCase());
    if (found === undefined || depth > DEEPEST)
      return { ...chain, demands: [...chain.demands, { kind: "unclear", text: `middleware ${name}`.slice(0, 80) }] };
    const own = full.split("@", 2)[1] ?? provider;
    return entriesOf(found).reduce<Chain>((before, [kind, settings]) => {
      if (kind.toLowerCase() === "chain")
        return join(before, readChain(textsOf(settings, "middlewares"), own, middlewares, textOfFile, depth + 1));
      return join(before, readMiddleware(kind.toLowerCase(), settings, textOfFile));
    }, chain);
  }, NOTHING);
}

function join(first: Chain, second: Chain): Chain {
  return {
    demands: [...first.demands, ...second.demands],
    redirectsTo: [...first.redirectsTo, ...second.redirectsTo],
    replacesPath: second.replacesPath ?? first.replacesPath,
    changes: { ...first.changes, ...second.changes },
  };
}

function readMiddleware(kind: string, settings: unknown, textOfFile: (path: string) => string | null): Chain {
  const demand = (protection: Protection): Chain => ({ ...NOTHING, demands: [protection] });
  switch (kind) {
    case "basicauth": {
      const chain = demand(readUsers(settings, textOfFile));
      return flagOf(settings, "removeHeader") === true ? { ...chain, changes: { authorization: "removed" } } : chain;
    }
    case "digestauth":
      return demand({ kind: "unclear", text: "digestAuth" });
    case "forwardauth":
      return demand({ kind: "asks-service", to: withoutScheme(textOf(settings, "address") ?? "") });
    case "ipallowlist":
    case "ipwhitelist":
      // Whose address is then looked at stands in X-Forwarded-For, which entry points may trust of anybody.
      if (get(settings, "ipStrategy") !== undefined)
        return demand({ kind: "unclear", text: "ipStrategy", byWhoAsks: true });
      return demand({
        kind: "sources",
        allowed: textsOf(settings, "sourceRange").map((range) =>
          range.includes("/") ? range : `${range}/${range.includes(":") ? 128 : 32}`,
        ),
      });
    case "stripprefix":
    case "stripprefixregex":
      return { ...NOTHING, replacesPath: "/" };
    case "replacepath":
      return { ...NOTHING, replacesPath: textOf(settings, "path") };
    case "addprefix":
      return { ...NOTHING, replacesPath: `${textOf(settings, "prefix") ?? ""}/` };
    case "redirectscheme":
      return { ...NOTHING, redirectsTo: [(textOf(settings, "scheme") ?? "").toLowerCase()] };
    case "redirectregex":
      return NOTHING;
    case "headers":
      return { ...NOTHING, changes: readHeaders(settings) };
    case "buffering": {
      const most = Number(textOf(settings, "maxRequestBodyBytes") ?? 0);
      return { ...NOTHING, changes: { buffered: true, ...(most > 0 ? { bodyLimitBytes: most } : {}) } };
    }
    default:
      return HARMLESS.has(kind) ? NOTHING : demand({ kind: "unclear", text: kind.slice(0, 60) });
  }
}

function withoutScheme(url: string): string {
  return url
    .replace(/^https?:\/\//, "")
    .replace(/[/?].*$/s, "")
    .replace(/^.*@/, "")
    .slice(0, 200);
}

function readUsers(settings: unknown, textOfFile: (path: string) => string | null): Protection {
  const file = textOf(settings, "usersFile");
  const text = file === null ? null : textOfFile(file);
  // Compose writes every `$` of a label twice; what the engine tells has one again.
  const listed = textsOf(settings, "users").map((user) => user.slice(user.indexOf(":") + 1).replaceAll("$$", "$"));
  const passwords =
    file === null ? summarizeHashes(listed) : text === null ? { hash: null, users: null } : parsePasswordFile(text);
  return { kind: "basic", ...passwords, file };
}

function readHeaders(settings: unknown): Chain["changes"] {
  const request = entriesOf(settings, "customRequestHeaders");
  const of = (wanted: string) => request.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const [host, authorization] = [of("host"), of("authorization")];
  const origins = textsOf(settings, "accessControlAllowOriginList");
  const answered = entriesOf(settings, "customResponseHeaders").flatMap(([name, value]) =>
    /^access-control-allow-origin$/i.test(name) && typeof value === "string" ? [value] : [],
  );
  const all = [...origins, ...answered];
  return {
    ...(typeof host === "string" && host !== "" ? { host: { kind: "literal", text: host } } : {}),
    ...(authorization === undefined ? {} : { authorization: authorization === "" ? "removed" : "replaced" }),
    ...(all.length === 0 ? {} : { allowsOrigins: all }),
  };
}

/** Every middleware of a provider's tree, by its full name. */
export function findMiddlewares(tree: Tree, provider: string): readonly (readonly [string, unknown])[] {
  return entriesOf(tree, "http", "middlewares").map(([name, value]) => [`${name}@${provider}`.toLowerCase(), value]);
}

/** Files with users that middlewares name. */
export function findUserFiles(middlewares: Middlewares): readonly string[] {
  return Array.from(middlewares.values(), (each) => textOf(get(each, "basicAuth"), "usersFile")).filter(
    (path) => path !== null,
  );
}
