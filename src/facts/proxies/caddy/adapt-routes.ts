import { summarizeHashes } from "../passwords.ts";
import type { SourceLine } from "../proxy.ts";
import { type Matchers, readMatchers, takeMatcher } from "./adapt-matchers.ts";
import { adaptForwardAuth, adaptProxy, toRequestHeader, toResponseHeader } from "./adapt-proxy.ts";
import type { Condition, Handler, Route } from "./model.ts";
import { toMaps } from "./mapping.ts";
import { toBytes, toPaths } from "./names.ts";
import type { Segment } from "./segments.ts";

/** In which order directives of a site are done, whatever the order in the file (httpcaddyfile.directiveOrder). */
const ORDER: readonly string[] =
  `tracing map vars fs root log_append skip_log log_skip log_name header copy_response_headers request_body redir
  method rewrite uri try_files basic_auth forward_auth request_header encode push intercept templates invoke handle
  route abort error copy_response respond metrics reverse_proxy php_fastcgi file_server acme_server`.split(/\s+/);
const SAME: Readonly<Record<string, string>> = { handle_path: "handle", basicauth: "basic_auth" };
/** Directives that neither let in nor keep out, nor change what matters. */
const HARMLESS: ReadonlySet<string> = new Set(
  `tls bind log import vars root encode templates tracing metrics push fs log_skip skip_log log_append log_name
  method copy_response_headers copy_response rate_limit`.split(/\s+/),
);

export interface RouteContext {
  readonly matchers: Matchers;
  /** Order of the directives, with what the global options moved. */
  readonly order: readonly string[];
  readonly depth: number;
}

const DEEPEST = 24;

/** The order with `order rate_limit before basic_auth` and the like applied. */
export function toOrder(options: readonly Segment[]): readonly string[] {
  let order = ORDER;
  for (const { words } of options) {
    const [option, name = "", where, other = ""] = words;
    if (option !== "order") continue;
    const rest = order.filter((each) => each !== name);
    const at = rest.indexOf(SAME[other] ?? other);
    if (where === "first") order = [name, ...rest];
    if (where === "last") order = [...rest, name];
    if (where === "before" && at >= 0) order = [...rest.slice(0, at), name, ...rest.slice(at)];
    if (where === "after" && at >= 0) order = [...rest.slice(0, at + 1), name, ...rest.slice(at + 1)];
  }
  return order;
}

/** The directives of a site or of a `handle` block as routes, in the order in which they are done. */
export function adaptBlock(segments: readonly Segment[], outer: RouteContext): readonly Route[] {
  const context = { ...outer, matchers: new Map([...outer.matchers, ...readMatchers(segments)]) };
  const routes = segments.flatMap((segment) => adaptDirective(segment, context));
  const position = (name: string) => {
    const at = context.order.indexOf(name);
    return at < 0 ? context.order.length : at;
  };
  return routes
    .toSorted(
      (first, second) =>
        position(first.directive) - position(second.directive) || bySpecificity(first.route, second.route),
    )
    .map(({ route }) => route);
}

/** Longer paths first, those without any condition last. */
function bySpecificity(first: Route, second: Route): number {
  const [path, other] = [onlyPath(first), onlyPath(second)];
  if (path !== null && other !== null && path !== other) {
    const isSame = path.replace(/\*$/, "") === other.replace(/\*$/, "");
    return isSame ? path.length - other.length : other.length - path.length;
  }
  return Number(first.matchers.length === 0) - Number(second.matchers.length === 0);
}

function onlyPath({ matchers }: Route): string | null {
  const [set] = matchers;
  const paths = set?.flatMap((condition) => (condition.kind === "paths" ? condition.paths : [])) ?? [];
  const [path] = paths;
  if (path === undefined || paths.length > 1 || path.kind === "all" || path.kind === "unclear") return null;
  return path.kind === "prefix" ? `${path.text}*` : path.text;
}

interface Adapted {
  readonly directive: string;
  readonly route: Route;
}

function adaptDirective(segment: Segment, context: RouteContext): readonly Adapted[] {
  const [name = "", ...words] = segment.words;
  if (name.startsWith("@") || HARMLESS.has(name) || context.depth > DEEPEST) return [];
  const directive = SAME[name] ?? name;
  const { set, rest } = takeMatcher(words, context.matchers);
  const block = segment.block ?? [];
  const inner = { ...context, depth: context.depth + 1 };
  const route = (
    handlers: readonly Handler[],
    own: readonly Condition[] = set,
    group: string | null = null,
  ): readonly Adapted[] => [
    { directive, route: { matchers: own.length === 0 ? [] : [own], handlers, group, source: toSource(segment) } },
  ];
  switch (name) {
    case "handle":
      return route([{ kind: "routes", routes: adaptBlock(block, inner) }], set, "handle");
    case "handle_path": {
      const prefix = (words[0] ?? "").replace(/\*$/, "").replace(/\/$/, "");
      return route(
        [
          { kind: "strips", prefix },
          { kind: "routes", routes: adaptBlock(block, inner) },
        ],
        set,
        "handle",
      );
    }
    case "route": {
      const named = { ...inner, matchers: new Map([...context.matchers, ...readMatchers(block)]) };
      const routes = block.flatMap((each) => adaptDirective(each, named)).map((each) => each.route);
      return route([{ kind: "routes", routes }]);
    }
    case "uri":
      return route(
        rest[0] === "strip_prefix"
          ? [{ kind: "strips", prefix: `/${(rest[1] ?? "").replace(/^\/|\/$/g, "")}` }]
          : [{ kind: "unknown", text: "uri" }],
      );
    case "redir": {
      // The last word may be a status; a path alone is no matcher where nothing follows it.
      const isTarget =
        words.length === 1 || (words.length === 2 && /^(?:\d{3}|permanent|temporary|html)$/.test(words[1] ?? ""));
      return route([{ kind: "answers" }], isTarget ? [] : set);
    }
    case "respond":
      return route(
        [{ kind: "answers" }],
        words.length === 1 && (words[0] ?? "").startsWith("/")
          ? [{ kind: "paths", paths: [toPaths(words[0] ?? "")] }]
          : set,
      );
    default:
      return route(toHandlers(name, rest, block));
  }
}

function toHandlers(name: string, words: readonly string[], block: readonly Segment[]): readonly Handler[] {
  switch (name) {
    case "reverse_proxy":
      return [adaptProxy(words, block)];
    case "forward_auth":
      return [adaptForwardAuth(words)];
    case "basicauth":
    case "basic_auth":
      return [{ kind: "basic", passwords: summarizeHashes(block.flatMap((segment) => segment.words.slice(1, 2))) }];
    case "abort":
    case "error":
    case "file_server":
    case "php_fastcgi":
    case "acme_server":
      return [{ kind: "answers" }];
    case "rewrite":
      return [{ kind: "rewrites", path: words[0] ?? "" }];
    case "header":
      return [{ kind: "changes", changes: toResponseHeader(words, block) }];
    case "request_header":
      return [{ kind: "changes", changes: toRequestHeader(words) }];
    case "request_body": {
      const size = block.find((segment) => segment.words[0] === "max_size")?.words[1];
      return size === undefined ? [] : [{ kind: "changes", changes: { bodyLimitBytes: toBytes(size) } }];
    }
    case "map":
      return toMaps(
        words[0] ?? "",
        words.length === 2 ? (words[1] ?? "") : "",
        block.flatMap(({ words: [pattern = "", text = ""] }) =>
          pattern === "default" ? [] : [[pattern.replace(/^~/, ""), text] as const],
        ),
        block.find(({ words: [pattern] }) => pattern === "default")?.words[1] ?? "",
      );
    case "authorize":
    case "authenticate":
    case "jwtauth":
      return [{ kind: "checks", text: name }];
    default:
      return [{ kind: "unknown", text: toKnownName(name) }];
  }
}

const SHOWN: ReadonlySet<string> = new Set([
  "handle",
  "handle_path",
  "route",
  "reverse_proxy",
  "respond",
  "redir",
  "abort",
]);

/** Where a directive stands; of its words only what is no place for a credential. */
function toSource({ words, file, line }: Segment): SourceLine {
  const [name = "", first] = words;
  const shown = SHOWN.has(name) && first !== undefined && /^[@/*:\w.[\]-]+$/.test(first) ? ` ${first}` : "";
  return { file, line, text: `${toKnownName(name)}${shown}`.slice(0, 200) };
}

/** What does not look like a directive is not told: it may be a line of any file. */
function toKnownName(name: string): string {
  return /^[a-z][a-z0-9_]{1,31}$/.test(name) ? name : "a directive";
}
