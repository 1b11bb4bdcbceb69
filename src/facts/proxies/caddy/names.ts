import { isCredentialHeader, matchesPattern, WRONG_CREDENTIAL } from "../credential-names.ts";
import type { PathMatch, Protection, ProxyListener, Upstream } from "../proxy.ts";
import type { Condition } from "./model.ts";

/** A path of Caddy's `path` matcher; `*` may stand at either end or within (caddyhttp.MatchPath). */
export function toPaths(text: string): PathMatch {
  if (text === "*" || text === "/*") return { kind: "all" };
  const middle = text.slice(1, -1);
  if (!text.includes("*")) return { kind: "exact", text };
  if (text.endsWith("*") && !text.startsWith("*") && !middle.includes("*")) {
    return { kind: "prefix", text: text.slice(0, -1) };
  }
  const escaped = text.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`).replaceAll("*", ".*");
  return { kind: "pattern", text: `^(?i:${escaped})$` };
}

/** A header compared with values. */
export function toHeaderCondition(name: string, values: readonly string[]): Condition {
  if (!isCredentialHeader(name)) return { kind: "unclear", text: `header ${name}` };
  const weak = values.length === 0 || values.some((value) => value === "*" || /^\w*\s*\*$/.test(value));
  return { kind: "shows", protection: weak ? ANY_CREDENTIAL : { kind: "bearer" } };
}

/** The same with an expression. */
export function toHeaderPatternCondition(name: string, pattern: string): Condition {
  if (!isCredentialHeader(name)) return { kind: "unclear", text: `header_regexp ${name}` };
  const weak = matchesPattern(pattern, WRONG_CREDENTIAL) === true;
  return { kind: "shows", protection: weak ? ANY_CREDENTIAL : { kind: "bearer" } };
}

/** Whoever fills it with anything is let in. */
const ANY_CREDENTIAL: Protection = { kind: "any-credential" };

/** A header that must not be there. */
export function toHeaderAbsence(name: string): Condition {
  if (!isCredentialHeader(name)) return { kind: "unclear", text: `header !${name}` };
  return { kind: "not", sets: [[{ kind: "shows", protection: ANY_CREDENTIAL }]] };
}

const HEADER_IN_EXPRESSION =
  /\{(?:http\.request\.header|header|http\.request\.uri\.query|query|http\.request\.cookie|cookie)\.([\w-]+)\}\s*([!=]=)\s*[^&|]+|\bheader\(\s*\{\s*["'`]([\w-]+)["'`]\s*:/;

/** An expression of CEL, as far as it compares one header, or what a map made of the request. */
export function toExpressionCondition(text: string): Condition {
  const [, variable, comparison, wanted] = /^\s*\{(\w+)\}\s*([!=]=)\s*"([^"\\]*)"\s*$/.exec(text) ?? [];
  if (variable !== undefined && wanted !== undefined) {
    return { kind: "compares", variable, text: wanted, negated: comparison === "!=" };
  }
  const [whole, name, operator, called] = HEADER_IN_EXPRESSION.exec(text) ?? [];
  const header = name ?? called;
  const rest = whole === undefined ? "" : text.replace(whole, "");
  const isAlone = !/&&|\|\|/.test(rest);
  if (header === undefined || !isAlone || !isCredentialHeader(header)) return { kind: "unclear", text: "expression" };
  const shows: Condition = { kind: "shows", protection: { kind: "bearer" } };
  const negated = operator === "!=" || /^\s*!\s*\(?\s*$/.test(text.slice(0, text.indexOf(whole ?? "")));
  return negated ? { kind: "not", sets: [[shows]] } : shows;
}

const PRIVATE = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8", "fd00::/8", "::1/128"];

/**
 * Networks as CIDR; `private_ranges` is a name for some. `forwarded` looks at the first address of X-Forwarded-For, which
 * whoever calls writes himself (Caddy before 2.7).
 */
export function toSources(ranges: readonly string[]): Protection {
  if (ranges.includes("forwarded")) return { kind: "sources", allowed: ["0.0.0.0/0", "::/0"] };
  const allowed = ranges.flatMap((range) =>
    range === "private_ranges" ? PRIVATE : [range.includes("/") ? range : `${range}/${range.includes(":") ? 128 : 32}`],
  );
  return { kind: "sources", allowed };
}

const MOST_PORTS = 64;

/** A network address of Caddy: `:443`, `127.0.0.1:8000-8010`, `unix//run/a.sock`. None for UDP. */
export function toListeners(text: string, tls: boolean): readonly ProxyListener[] {
  const [, network, place = ""] = /^(?:([a-z]+[46]?)\/)?(.*)$/s.exec(text) ?? [];
  if (network === "unix") return [{ kind: "unix", path: place.replace(/\|\d+$/, "") }];
  if (network !== undefined && !network.startsWith("tcp")) return [];
  const [, bracketed, named, from, to] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})(?:-(\d{1,5}))?$/.exec(place) ?? [];
  const first = Number(from);
  const count = Math.min(MOST_PORTS, Math.max(0, Number(to ?? from) - first + 1));
  const host = bracketed ?? named ?? "";
  const addresses = host === "" || host === "*" ? ["0.0.0.0", "::"] : [host === "localhost" ? "127.0.0.1" : host];
  return Array.from({ length: Number.isNaN(count) ? 0 : count }, (_, index) => first + index)
    .filter((port) => port >= 1 && port <= 65_535)
    .flatMap((port) => addresses.map((address): ProxyListener => ({ kind: "tcp", address, port, tls })));
}

/** An upstream's address as it is dialled. */
export function toUpstream(dial: string, tls: boolean): Upstream {
  if (dial.startsWith("unix/")) return { kind: "unix", path: dial.slice("unix/".length).replace(/^\/\//, "/") };
  const [, bracketed, named, port] = /^(?:tcp\/)?(?:\[([^\]]+)\]|([^:{}]+)):(\d{1,5})$/.exec(dial) ?? [];
  const host = bracketed ?? named;
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) return { kind: "unclear", text: dial.slice(0, 200) };
  return { kind: "tcp", host, port: number, tls };
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration of Go, or nanoseconds as JSON has them. */
export function toMilliseconds(value: unknown): number | null {
  if (typeof value === "number") return value <= 0 ? null : Math.round(value / 1e6);
  if (typeof value !== "string" || !/^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h|d))+$/.test(value)) return null;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)];
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
  return sum === 0 ? null : Math.round(sum);
}

/** A size as go-humanize reads it. */
export function toBytes(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?)\s*([kmgt]?i?b?)$/i.exec(text) ?? [];
  const letter = unit.charAt(0).toLowerCase();
  const power = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4 }[letter];
  if (count === undefined || power === undefined) return null;
  const bytes = Math.round(Number(count) * (/i/i.test(unit) ? 1024 : 1000) ** power);
  return bytes === 0 ? null : bytes;
}
