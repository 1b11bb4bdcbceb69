import type { IncomingMessage, ServerResponse } from "node:http";
import { posix } from "node:path";
import type { StandInRoute } from "./routes.ts";
import { STAND_IN_ROUTES } from "./routes.ts";
import { send, sendEmpty, sendPlain } from "./respond.ts";
import { isAtLeast } from "./version.ts";

/** Where a request is going, as net/http understands its first line and Host header. */
export interface Target {
  /** The request line's own host where it names one, else the Host header. */
  readonly host: string;
  /** Percent signs decoded, which is what gin compares: `/%61pi/tags` is `/api/tags`. */
  readonly path: string;
  /** As sent, without the query. */
  readonly rawPath: string;
  readonly query: string;
}

/** What may stand in a Host header: httpguts.ValidHostHeader of Go, which knows no order. */
const HOST_HEADER = /^[0-9A-Za-z!$%&'()*+,\-.:;=[\]_~]*$/;

/** Reads the target, or says with which words Go's server turns it down (400). */
export function parseTarget(request: IncomingMessage): Target | { readonly bad: string } {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts > 1) {
    return { bad: "400 Bad Request: too many Host headers" };
  }
  if (hosts === 0 && request.httpVersion === "1.1") {
    return { bad: "400 Bad Request: missing required Host header" };
  }
  if (!HOST_HEADER.test(request.headers.host ?? "")) {
    return { bad: "400 Bad Request: malformed Host header" };
  }
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(request.url ?? "");
  const host = absolute?.[1] ?? request.headers.host ?? "";
  const [beforeQuery = "", ...rest] = (absolute?.[2] ?? request.url ?? "").split("?");
  const rawPath = beforeQuery === "" ? "/" : beforeQuery;
  try {
    return { host, rawPath, path: decodeURIComponent(rawPath), query: rest.join("?") };
  } catch {
    return { bad: "400 Bad Request" };
  }
}

/** The route of a path and method, what its colons stand for, or the answer of gin where there is none. */
export type Match =
  | { readonly kind: "route"; readonly route: StandInRoute; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: "no-method"; readonly allow: string }
  | { readonly kind: "no-path" }
  | { readonly kind: "elsewhere"; readonly location: string; readonly status: 301 | 307 };

/** Finds the route among those a release has. */
export function matchRoute(method: string, target: Target, version: string): Match {
  const cleaned = cleanPath(target.rawPath);
  if (cleaned !== target.rawPath) {
    // net/http, of the Go that releases are built with; a build by Go 1.26 or newer says 307.
    return { kind: "elsewhere", location: cleaned + (target.query === "" ? "" : `?${target.query}`), status: 301 };
  }
  const matches = routesFor(target.path, version);
  const exact = matches.find(({ route }) => route.method === method);
  if (exact !== undefined) {
    return { kind: "route", ...exact };
  }
  const sibling = target.path.endsWith("/") ? target.path.slice(0, -1) : `${target.path}/`;
  if (sibling !== "" && routesFor(sibling, version).some(({ route }) => route.method === method)) {
    return { kind: "elsewhere", location: sibling, status: method === "GET" ? 301 : 307 };
  }
  if (matches.length > 0 && isAtLeast(version, "0.7.0")) {
    const order = ["HEAD", "GET", "POST", "DELETE"];
    const allowed = new Set<string>(matches.map(({ route }) => route.method));
    return { kind: "no-method", allow: order.filter((name) => allowed.has(name)).join(", ") };
  }
  return { kind: "no-path" };
}

interface Found {
  readonly route: StandInRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

function routesFor(path: string, version: string): readonly Found[] {
  return STAND_IN_ROUTES.flatMap((route) => {
    const exists = isAtLeast(version, route.since) && (route.until === null || !isAtLeast(version, route.until));
    const parameters = exists ? matchPath(route.path, path) : null;
    return parameters === null ? [] : [{ route, parameters }];
  });
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const names = pattern.split("/");
  const parts = path.split("/");
  if (names.length !== parts.length) {
    return null;
  }
  const parameters: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? "";
    if (name.startsWith(":") && part !== "") {
      parameters[name.slice(1)] = part;
    } else if (name !== part) {
      return null;
    }
  }
  return parameters;
}

/** net/http's ServeMux sends doubled slashes and dot segments to their plain form. */
function cleanPath(path: string): string {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return posix.normalize(rooted);
}

/** gin's and net/http's own answers where no handler is asked. */
export function sendMismatch(response: ServerResponse, method: string, match: Exclude<Match, { kind: "route" }>): void {
  if (match.kind === "elsewhere") {
    response.setHeader("Location", match.location);
    if (method === "GET") {
      const body = `<a href="${toHtml(match.location)}">Moved Permanently</a>.\n\n`;
      send(response, match.status, "text/html; charset=utf-8", body);
      return;
    }
    if (method === "HEAD") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
    }
    sendEmpty(response, match.status);
  } else if (match.kind === "no-method") {
    sendPlain(response, 405, "405 method not allowed");
  } else {
    sendPlain(response, 404, "404 page not found");
  }
}

function toHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;");
}
