import type { KnockMethod } from "../../host/knock-script.ts";
import { ROUTES } from "../../servers/ollama/routes.ts";
import { ROUTES_AWAITING_BODY } from "../../servers/ollama/routes-awaiting-body.ts";
import { ROUTES_OF_SCOPE, type RouteScope } from "../../servers/ollama/scopes.ts";
import { NAMES } from "./site-tries.ts";

/** A request whose body is announced and never comes. */
export interface SiteKnock {
  readonly method: KnockMethod;
  readonly path: string;
  /** It asks a route by the route's own method. */
  readonly isOwn: boolean;
  /** The scopes of the site let the route through for whoever shows a credential. */
  readonly isAllowed: boolean;
}

/** Methods of no route. */
const FOREIGN = ["PUT", "OPTIONS", "PORTLOCK"] as const;
/** The server looks at the digest before it reads, and keeps nothing under one that is none. */
const NO_DIGEST = "sha256:none";

/**
 * Every route by its own method where that comes to nothing without its body, and every route by methods that none has.
 * Routes that act without a body, or are not known to wait for it, are asked by the latter alone.
 */
export function listSiteKnocks(scopes: readonly RouteScope[]): readonly SiteKnock[] {
  const allowed = scopes.flatMap((scope) => ROUTES_OF_SCOPE[scope]);
  const current = ROUTES.filter(({ until }) => until === null);
  const own = current.flatMap(({ methods, path }) =>
    methods.flatMap((method): readonly SiteKnock[] => {
      const route = `${method} ${path}`;
      if (method === "GET" || method === "HEAD" || !ROUTES_AWAITING_BODY.includes(route)) return [];
      const isBlob = path.endsWith("/:digest");
      // What is no digest is let through for nobody.
      const isAllowed = allowed.includes(route) && !isBlob;
      return [{ method, path: isBlob ? path.replace(":digest", NO_DIGEST) : toPath(path), isOwn: true, isAllowed }];
    }),
  );
  const paths = [...new Set([...current.map(({ path }) => toPath(path)), "/no/such/route", "/debug/pprof/"])];
  const foreign = paths.flatMap((path) =>
    FOREIGN.map((method): SiteKnock => ({ method, path, isOwn: false, isAllowed: false })),
  );
  return [...own, ...foreign];
}

function toPath(path: string): string {
  return path.replaceAll(/:[A-Za-z]+/g, (part) => NAMES[part] ?? "x");
}
