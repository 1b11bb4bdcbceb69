import type { PathMatch, Protection, Upstream } from "../proxy.ts";
import { readExpression } from "./access.ts";
import type { ApacheDirective } from "./directives.ts";

/** A `ProxyPass` or what does the same. */
export interface Pass {
  readonly paths: PathMatch;
  /** Empty: `!`, it is not handed on. */
  readonly upstreams: readonly Upstream[];
  readonly replacesPath: string | null;
  /** `timeout=` in seconds; null where it has none. */
  readonly timeout: string | null;
  readonly speaksTwo: boolean;
  readonly directive: ApacheDirective;
}

/** Groups of servers: `<Proxy balancer://name>` with its members. */
export type Balancers = ReadonlyMap<string, readonly ApacheDirective[]>;

export function findBalancers(lines: readonly ApacheDirective[]): Balancers {
  const found = lines.flatMap(({ name, values, block }): readonly (readonly [string, readonly ApacheDirective[]])[] => {
    const [, group] = /^balancer:\/\/([^/]+)/.exec(values[0] ?? "") ?? [];
    return name === "proxy" && block !== null && group !== undefined ? [[group.toLowerCase(), block]] : [];
  });
  return new Map(found);
}

/** What is handed on, in the order in which a request meets it: rewriting, sections, then the server's own lines. */
export function findPasses(lines: readonly ApacheDirective[], balancers: Balancers): readonly Pass[] {
  const rewritten = lines.flatMap((directive) => readRewrite(directive, balancers));
  const inSections = lines.flatMap(({ name, values, block }): readonly Pass[] => {
    if (block === null || !/^location(?:match)?$/.test(name)) return [];
    const isPattern = name === "locationmatch" || values[0] === "~";
    const text = (values[0] === "~" ? values[1] : values[0]) ?? "";
    const paths: PathMatch = isPattern ? { kind: "pattern", text } : toPrefix(text);
    return block.flatMap((directive) => readInSection(directive, paths, balancers));
  });
  const own = lines.flatMap((directive) => readOwn(directive, balancers));
  return [...rewritten, ...inSections.toReversed(), ...own];
}

function toPrefix(text: string): PathMatch {
  return text === "/" ? { kind: "all" } : { kind: "prefix", text };
}

function readOwn(directive: ApacheDirective, balancers: Balancers): readonly Pass[] {
  const [first = "", target = "", ...parameters] = directive.values;
  if (directive.name === "proxypass") return [toPass(directive, toPrefix(first), target, parameters, balancers)];
  if (directive.name !== "proxypassmatch") return [];
  const [, beginning] = /^\^(\/(?:[\w/-]|\\[.\-/])*)\(\.\*\)\$?$/.exec(first) ?? [];
  const paths: PathMatch =
    beginning === undefined ? { kind: "pattern", text: first } : toPrefix(beginning.replaceAll("\\", ""));
  return [toPass(directive, paths, target.replace(/\$1$/, ""), parameters, balancers)];
}

function readInSection(directive: ApacheDirective, paths: PathMatch, balancers: Balancers): readonly Pass[] {
  const [first = "", ...parameters] = directive.values;
  if (directive.name === "proxypass" || directive.name === "proxypassmatch")
    return [toPass(directive, paths, first, parameters, balancers)];
  const [, handler] = /^proxy:(.+)$/.exec(first) ?? [];
  if (directive.name === "sethandler" && handler !== undefined) {
    return [{ ...toPass(directive, paths, handler, [], balancers), replacesPath: null }];
  }
  return [];
}

/** `RewriteRule ^/ollama/(.*)$ http://127.0.0.1:11434/$1 [P,L]`. */
function readRewrite(directive: ApacheDirective, balancers: Balancers): readonly Pass[] {
  const [pattern = "", target = "", flags = ""] = directive.values;
  if (directive.name !== "rewriterule" || !/[[,](?:P|proxy)[\],]/i.test(flags)) return [];
  const [, beginning] = /^\^?(\/?(?:[\w/-]|\\[.\-/])*)\(?\.\*\)?\$?$/.exec(pattern) ?? [];
  const paths: PathMatch =
    beginning === undefined
      ? { kind: "pattern", text: pattern }
      : toPrefix(`/${beginning.replaceAll("\\", "").replace(/^\//, "")}`);
  return [toPass(directive, paths, target.replace(/(?:\$[01]|%\{REQUEST_URI\})$/, ""), [], balancers)];
}

function toPass(
  directive: ApacheDirective,
  paths: PathMatch,
  target: string,
  parameters: readonly string[],
  balancers: Balancers,
): Pass {
  const timeout = parameters.find((each) => /^timeout=/i.test(each))?.slice("timeout=".length) ?? null;
  const speaksTwo = /^h2c?:/i.test(target);
  if (target === "!") return { paths, upstreams: [], replacesPath: null, timeout, speaksTwo, directive };
  const { upstreams, path } = resolve(target, balancers);
  const written = paths.kind === "prefix" || paths.kind === "exact" ? paths.text : "/";
  return {
    paths,
    upstreams,
    replacesPath: path === "" && written === "/" ? null : path || "/",
    timeout,
    speaksTwo,
    directive,
  };
}

function resolve(
  target: string,
  balancers: Balancers,
): { readonly upstreams: readonly Upstream[]; readonly path: string } {
  const [, socket, behind = ""] = /^unix:([^|]+)\|(.*)$/.exec(target) ?? [];
  const url = socket === undefined ? target : behind;
  const [, scheme = "", authority = "", path = ""] = /^(\w+):\/\/([^/]*)(.*)$/s.exec(url) ?? [];
  if (socket !== undefined) return { upstreams: [{ kind: "unix", path: socket }], path };
  if (scheme.toLowerCase() === "balancer") {
    const members = (balancers.get(authority.toLowerCase()) ?? []).filter(({ name }) => name === "balancermember");
    const upstreams = members.flatMap(({ values }) => resolve(values[0] ?? "", new Map()).upstreams);
    return { upstreams, path };
  }
  if (/^(?:fcgi|ajp|scgi|uwsgi|ftp|wss?|fdpass)$/i.test(scheme)) return { upstreams: [], path };
  const tls = /^(?:https|h2)$/i.test(scheme);
  const [, bracketed, named, given] = /^(?:\[([^\]]+)\]|([^:@%$]+))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = bracketed ?? named;
  const port = given === undefined ? (tls ? 443 : 80) : Number(given);
  const isKnown = host !== undefined && port >= 1 && port <= 65_535;
  return {
    upstreams: [
      isKnown ? { kind: "tcp", host, port, tls } : { kind: "unclear", text: scheme === "" ? "?" : `${scheme}://` },
    ],
    path,
  };
}

/** A refusal of all that do not show something; null: of everybody. */
export interface Refusal {
  readonly protection: Protection | null;
  readonly paths: PathMatch;
  readonly directive: ApacheDirective;
}

/**
 * What rewriting or `<If>` refuses unless a header is right.
 *
 * @param tls whether requests come with TLS: many rules only mean those that do not
 */
export function findRefusals(lines: readonly ApacheDirective[], tls: boolean): readonly Refusal[] {
  return lines.flatMap((directive, index): readonly Refusal[] => {
    const { name, values, block } = directive;
    const text = values.join(" ");
    if (name === "if" && text.includes("!") && block?.some(isDenial) === true) {
      const protection = readExpression(text);
      return protection === null ? [] : [{ protection, paths: { kind: "all" }, directive }];
    }
    return name === "rewriterule" ? readRefusal(directive, findConditions(lines, index), tls) : [];
  });
}

function isDenial({ name, values }: ApacheDirective): boolean {
  return name === "require" && values.join(" ").toLowerCase() === "all denied";
}

const EVERYTHING = /^(?:\^|\.\*|\^?\/?\(?\.\*\)?\$?)$/;
const WITHOUT_TLS = /^%\{(?:HTTPS|SERVER_PORT|REQUEST_SCHEME)\} (?:off|!=on|!on|80|\^80\$|http)$/i;

function readRefusal(
  directive: ApacheDirective,
  conditions: readonly ApacheDirective[],
  tls: boolean,
): readonly Refusal[] {
  const [pattern = "", target = "", flags = ""] = directive.values;
  const redirects = /^https?:\/\//.test(target) && !/[[,](?:P|proxy)[\],]/i.test(flags);
  if (!redirects && !/[[,](?:F|G|R=4\d\d|forbidden|gone)[\],]/i.test(flags)) return [];
  const paths: PathMatch = EVERYTHING.test(pattern) ? { kind: "all" } : { kind: "pattern", text: pattern };
  const plain = conditions.filter(({ values }) => WITHOUT_TLS.test(values.slice(0, 2).join(" ")));
  if (plain.length > 0 && tls) return [];
  const [condition, ...others] = conditions.filter((each) => !plain.includes(each));
  if (condition === undefined) return [{ protection: null, paths, directive }];
  const [subject = "", wanted = ""] = condition.values;
  const [, header] = /^%\{HTTP:([\w-]+)\}$/i.exec(subject) ?? [];
  if (header === undefined || others.length > 0 || !wanted.startsWith("!")) return [];
  const written = wanted.slice(1);
  const protection = readExpression(
    written.startsWith("=") ? `%{HTTP:${header}} != '${written.slice(1)}'` : `%{HTTP:${header}} !~ m#${written}#`,
  );
  return protection === null ? [] : [{ protection, paths, directive }];
}

function findConditions(lines: readonly ApacheDirective[], index: number): readonly ApacheDirective[] {
  let start = index;
  while (lines[start - 1]?.name === "rewritecond") start -= 1;
  return lines.slice(start, index);
}
