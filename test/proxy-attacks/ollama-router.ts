import { posix } from "node:path";
import { ROUTES } from "../../src/servers/ollama/routes.ts";

/**
 * What Ollama takes a request for, as `METHOD /path` of its own list; null where it answers 404, 405 or a redirect. Its
 * mux sends unclean paths elsewhere as they stand, and its router (gin) then compares the decoded path.
 */
export function takeAsRoute(method: string, target: string): string | null {
  const escaped = toPath(target);
  if (escaped === null || (method !== "CONNECT" && isUnclean(escaped))) return null;
  const path = decode(escaped);
  const route = ROUTES.find(
    ({ methods, path: pattern, until }) =>
      until === null && methods.some((each) => each === method) && toPattern(pattern).test(path),
  );
  return route === undefined ? null : `${method} ${route.path}`;
}

/** The path of a request target, encoded as it came. */
function toPath(target: string): string | null {
  const [whole = ""] = target.split("?");
  if (whole.startsWith("/")) return whole;
  const [, path] = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(\/.*)?$/i.exec(whole) ?? [];
  return path ?? null;
}

function isUnclean(path: string): boolean {
  return posix.normalize(path) !== path;
}

/** One character a byte, as the bytes that it came in. */
function decode(path: string): string {
  return path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function toPattern(pattern: string): RegExp {
  const plain = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:[A-Za-z]+/g, "[^/]+");
  return new RegExp(`^${plain}$`);
}
