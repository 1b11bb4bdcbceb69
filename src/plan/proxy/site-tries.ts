import { listAllowed } from "../../proxy/allowed-routes.ts";
import { ROUTES } from "../../servers/ollama/routes.ts";
import type { RouteScope } from "../../servers/ollama/scopes.ts";

/** A request that reads, and whether a site lets it through for whoever shows a credential. */
export interface SiteTry {
  readonly method: "GET" | "HEAD";
  readonly path: string;
  readonly isAllowed: boolean;
}

/** Names that no model and no upload has. */
export const NAMES: Readonly<Record<string, string>> = {
  ":digest": `sha256:${"0".repeat(64)}`,
  ":model": "portlock-no-such-model",
  ":encodedKey": "portlock-no-such-key",
};

/** Other ways to write a route, and paths that are none. */
const OUTSIDE = [
  "/no/such/route",
  "//api/tags",
  "/./api/tags",
  "/api/%74ags",
  "/api%2ftags",
  "/API/tags",
  "/api/tags/",
  "/v1/../api/tags",
  "/portlock/forward",
  "/debug/pprof/",
] as const;

/**
 * Every route of the model server, and some paths outside of them, by GET and HEAD: these change nothing, even where a
 * site that should stop them does not. Other methods are in `site-knocks.ts`.
 */
export function listSiteTries(scopes: readonly RouteScope[]): readonly SiteTry[] {
  const allowed = listAllowed(scopes);
  const routes = ROUTES.filter(({ until }) => until === null).map(({ path }) =>
    path.replaceAll(/:[A-Za-z]+/g, (part) => NAMES[part] ?? "x"),
  );
  return [...new Set([...routes, ...OUTSIDE])].flatMap((path) =>
    (["GET", "HEAD"] as const).map((method) => ({ method, path, isAllowed: isAllowed(allowed, method, path) })),
  );
}

function isAllowed(allowed: ReturnType<typeof listAllowed>, method: string, path: string): boolean {
  return allowed.some(
    (each) =>
      each.method === method &&
      (each.exact.includes(path) || each.patterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(path))),
  );
}
