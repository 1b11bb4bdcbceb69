/**
 * Requests on a connection as the server of Go's net/http takes them (net/http/request.go, transfer.go and
 * net/textproto), where it is lenient as lenient: a line may end with LF alone. One character a byte.
 */
export interface GoHead {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Everything before the body, as it came. */
  readonly text: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of the body, or chunks. */
  readonly length: number | "chunked";
  /** Whether the connection ends with this request. */
  readonly isLast: boolean;
}

/** What stands first in some bytes, the beginning of it, or what Go refuses. */
export type GoReading<Read> =
  | { readonly kind: "read"; readonly read: Read; readonly rest: string }
  | { readonly kind: "more" }
  | { readonly kind: "refused"; readonly text: string; readonly why: string };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

class Refused extends Error {}

/** Reads the first head of some bytes. */
export function readGoHead(bytes: string): GoReading<GoHead> {
  const end = /\r?\n\r?\n/.exec(bytes);
  if (end === null) return { kind: "more" };
  const text = bytes.slice(0, end.index);
  try {
    const [requestLine = "", ...lines] = text.split(/\r?\n/);
    const { method, target, minor } = readRequestLine(requestLine);
    const headers = readHeaders(lines);
    checkHost(headers, method, minor);
    const [length, isLast] = [readLength(headers, minor), endsConnection(headers, minor)];
    const read: GoHead = { method, target, text, headers, length, isLast };
    return { kind: "read", read, rest: bytes.slice(end.index + end[0].length) };
  } catch (error) {
    return toRefused(text, error);
  }
}

/** Reads the body that follows a head. */
export function readGoBody(bytes: string, length: GoHead["length"]): GoReading<string> {
  try {
    const read = readBody(bytes, length);
    return read === null ? { kind: "more" } : { kind: "read", read: read.body, rest: read.rest };
  } catch (error) {
    return toRefused(bytes, error);
  }
}

function toRefused(text: string, error: unknown): GoReading<never> {
  if (error instanceof Refused) return { kind: "refused", text, why: error.message };
  throw error;
}

function endsConnection(headers: readonly (readonly [string, string])[], minor: number): boolean {
  const words = valuesOf(headers, "connection").flatMap((value) => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  return words.includes("close") || (minor === 0 && !words.includes("keep-alive"));
}

function readRequestLine(line: string): { readonly method: string; readonly target: string; readonly minor: number } {
  const [, method = "", target = "", version = ""] = /^([^ ]*) ([^ ]*) (.*)$/s.exec(line) ?? [];
  if (!TOKEN.test(method)) throw new Refused("method");
  const [, minor] = /^HTTP\/1\.(\d)$/.exec(version) ?? [];
  if (minor === undefined) throw new Refused("version");
  if (target === "" || /[\u0000-\u001f\u007f]/.test(target)) throw new Refused("target");
  if (/%(?![0-9A-Fa-f]{2})/.test(target)) throw new Refused("escape");
  return { method, target, minor: Number(minor) };
}

function readHeaders(lines: readonly string[]): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line)) {
      if (last === undefined) throw new Refused("folded first header");
      last[1] = `${last[1]} ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon < 0) throw new Refused("header without colon");
    const name = line.slice(0, colon);
    if (name === "") continue;
    if (!TOKEN.test(name)) throw new Refused("header name");
    const value = line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "");
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw new Refused("header value");
    headers.push([name.toLowerCase(), value]);
  }
  return headers;
}

function valuesOf(headers: readonly (readonly [string, string])[], name: string): readonly string[] {
  return headers.filter(([each]) => each === name).map(([, value]) => value);
}

function checkHost(headers: readonly (readonly [string, string])[], method: string, minor: number): void {
  const hosts = valuesOf(headers, "host");
  if (hosts.length > 1) throw new Refused("two Hosts");
  if (minor > 0 && hosts.length === 0 && method !== "CONNECT") throw new Refused("no Host");
}

/** Chunks win over a length, and count for nothing by HTTP/1.0. */
function readLength(headers: readonly (readonly [string, string])[], minor: number): number | "chunked" {
  const encodings = valuesOf(headers, "transfer-encoding");
  if (encodings.length > 0 && minor > 0) {
    if (encodings.length > 1 || encodings[0]?.toLowerCase() !== "chunked") throw new Refused("transfer encoding");
    return "chunked";
  }
  const lengths = [...new Set(valuesOf(headers, "content-length"))];
  const [length] = lengths;
  if (length === undefined) return 0;
  if (lengths.length > 1 || !/^\d{1,18}$/.test(length)) throw new Refused("length");
  return Number(length);
}

interface Body {
  readonly body: string;
  readonly rest: string;
}

/** Null where it has not come whole. */
function readBody(bytes: string, length: number | "chunked"): Body | null {
  if (length !== "chunked") {
    return bytes.length < length ? null : { body: bytes.slice(0, length), rest: bytes.slice(length) };
  }
  let body = "";
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\n", at);
    if (end < 0) return null;
    const [size = ""] = bytes.slice(at, end).split(";");
    if (!/^[0-9a-fA-F]{1,16}[ \t\r]*$/.test(size)) throw new Refused("chunk size");
    const count = Number.parseInt(size, 16);
    at = end + 1;
    if (count === 0) return readTrailer(bytes, at, body);
    if (bytes.length < at + count + 2) return null;
    if (bytes.slice(at + count, at + count + 2) !== "\r\n") throw new Refused("chunk");
    body += bytes.slice(at, at + count);
    at += count + 2;
  }
}

function readTrailer(bytes: string, at: number, body: string): Body | null {
  if (bytes.startsWith("\r\n", at)) return { body, rest: bytes.slice(at + 2) };
  const end = bytes.indexOf("\r\n\r\n", at);
  return end < 0 ? null : { body, rest: bytes.slice(end + 4) };
}
