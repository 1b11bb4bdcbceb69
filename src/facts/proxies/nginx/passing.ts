import type { Passing } from "../proxy.ts";
import { findInherited, findValue, type Scope } from "./scope.ts";

const DEFAULT_SILENCE_MS = 60_000;
const DEFAULT_BODY_BYTES = 1024 * 1024;

/**
 * What becomes of a request and its answer, with the defaults of that version (ngx_http_proxy_module). One
 * `proxy_set_header` in a block drops all that would have been inherited.
 */
export function readPassing(scope: Scope, version: string | null): Passing {
  const headers = findInherited(scope, "proxy_set_header");
  const headerOf = (wanted: string) => headers.findLast(({ values }) => values[0]?.toLowerCase() === wanted)?.values[1];
  const passesHeaders = findValue(scope, "proxy_pass_request_headers") !== "off";
  const httpVersion = toHttpVersion(findValue(scope, "proxy_http_version"), version);
  return {
    host: toHost(headerOf("host")),
    authorization: toAuthorization(headerOf("authorization"), passesHeaders),
    buffered: collectsAnswers(findValue(scope, "proxy_buffering"), httpVersion),
    httpVersion,
    silenceMs: toMilliseconds(findValue(scope, "proxy_read_timeout"), DEFAULT_SILENCE_MS),
    bodyLimitBytes: toBytes(findValue(scope, "client_max_body_size")),
    allowsOrigins: toOrigins(scope),
  };
}

/** `$proxy_host`, which is sent unless told otherwise, is the name of an `upstream` block as it is written. */
export function withGroupName(passing: Passing, group: string | null): Passing {
  if (group === null || passing.host?.kind !== "upstream") return passing;
  return { ...passing, host: { kind: "literal", text: group } };
}

/** Of a stream, which hands on bytes. */
export function readStreamPassing(scope: Scope): Passing {
  return {
    host: { kind: "client" },
    authorization: "passed",
    buffered: false,
    httpVersion: null,
    silenceMs: toMilliseconds(findValue(scope, "proxy_timeout"), 600_000),
    bodyLimitBytes: null,
    allowsOrigins: null,
  };
}

function toHost(value: string | undefined): Passing["host"] {
  if (value === undefined || /^\$(?:\{proxy_host\}|proxy_host)(?::\$\{?proxy_port\}?)?$/.test(value))
    return { kind: "upstream" };
  if (/^\$\{?(?:host|http_host)\}?(?::\$\{?server_port\}?|:\d+)?$/.test(value)) return { kind: "client" };
  return value.includes("$") ? null : { kind: "literal", text: value };
}

function toAuthorization(value: string | undefined, passesHeaders: boolean): Passing["authorization"] {
  if (value === undefined) return passesHeaders ? "passed" : "removed";
  if (value === "") return "removed";
  // What is made of something that the caller sent is the caller's credential in another form.
  return /\$\{?(?:http_|cookie_|arg_)/.test(value) ? "passed" : "replaced";
}

/**
 * A buffer that is not full waits for the end of an answer of HTTP/1.0, which comes in no pieces; a piece of HTTP/1.1 is
 * handed on as it comes, buffered or not (tried with nginx 1.22: `src/verify/ask-site.test.ts`).
 */
function collectsAnswers(buffering: string | null, httpVersion: Passing["httpVersion"]): boolean | null {
  if (buffering === "off") return false;
  return httpVersion === null ? null : httpVersion === "1.0";
}

function toHttpVersion(value: string | null, version: string | null): Passing["httpVersion"] {
  if (value === "1.0" || value === "1.1" || value === "2") return value;
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (major === undefined) return null;
  const order = Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(patch);
  return order >= 1_029_007 ? "1.1" : "1.0"; // CHANGES of nginx 1.29.7
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/** `90`, `10m`, `1h 30m` (without the blank). */
function toMilliseconds(value: string | null, fallback: number): number | null {
  if (value === null) return fallback;
  if (!/^(?:\d{1,9}(?:ms|[smhdwMy])?)+$/.test(value)) return null;
  const parts = [...value.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? "s"] ?? 1_000), 0);
}

function toBytes(value: string | null): number | null {
  if (value === null) return DEFAULT_BODY_BYTES;
  const [, count, unit = ""] = /^(\d{1,12})([kmg]?)$/i.exec(value) ?? [];
  if (count === undefined) return null;
  const bytes = Number(count) * ({ "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1);
  return bytes === 0 ? null : bytes;
}

function toOrigins(scope: Scope): readonly string[] | null {
  const values = findInherited(scope, "add_header", "more_set_headers").flatMap(({ values }) => {
    const [, joined] = /^access-control-allow-origin:\s*(.*)$/i.exec(values[0] ?? "") ?? [];
    if (joined !== undefined) return [joined];
    return values[0]?.toLowerCase() === "access-control-allow-origin" ? values.slice(1, 2) : [];
  });
  if (values.length === 0) return null;
  // Whoever sends an origin is told that it may.
  return values.map((value) => (/^\$\{?http_origin\}?$/.test(value) ? "*" : value));
}
