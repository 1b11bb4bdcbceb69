import { ROUTES_OF_SCOPE, ROUTE_SCOPES, type RouteScope } from "../servers/ollama/scopes.ts";

/** Paths of one method that are let through; nothing else is. */
export interface AllowedPaths {
  readonly method: string;
  /** Exact paths, and regular expressions of what varies, without anchors: PCRE and RE2 both read them. */
  readonly exact: readonly string[];
  readonly patterns: readonly string[];
}

/**
 * A part of a path that varies. A model's name has no slash here: encoded, Ollama's router would see two parts, and
 * answers 404. It begins with no dot, so that `..` is none.
 */
const VARYING: Readonly<Record<string, string>> = {
  ":model": "[A-Za-z0-9_][A-Za-z0-9._:-]{0,254}",
  ":digest": "sha256:[0-9a-f]{64}",
};

/** Upper bound of a body that is no upload of a model: images and speech in a request come to that much. */
export const BODY_LIMIT_MIB = 100;
/** Only here a body goes on in constant memory, whatever its size. */
export const UPLOAD_PREFIX = "/api/blobs/";

/** The methods and paths of some scopes, method by method. */
export function listAllowed(scopes: readonly RouteScope[]): readonly AllowedPaths[] {
  const routes = ROUTE_SCOPES.filter((scope) => scopes.includes(scope)).flatMap((scope) => ROUTES_OF_SCOPE[scope]);
  const pairs = routes.map((route) => {
    const [method = "", path = ""] = route.split(" ");
    return { method, path };
  });
  const methods = [...new Set(pairs.map(({ method }) => method))];
  return methods.map((method) => {
    const paths = pairs.filter((each) => each.method === method).map(({ path }) => path);
    return {
      method,
      exact: paths.filter((path) => !path.includes("/:")),
      patterns: paths.filter((path) => path.includes("/:")).map(toPattern),
    };
  });
}

function toPattern(path: string): string {
  return path.replace(/:[a-zA-Z]+$/, (part) => {
    const pattern = VARYING[part];
    if (pattern === undefined) throw new Error(`no pattern for ${part}`);
    return pattern;
  });
}

/** An exact path as a regular expression. */
export function toExactPattern(path: string): string {
  return path.replaceAll(".", String.raw`\.`);
}
