import type { PathMatch, ProxyLocation, ProxySite } from "../../facts/proxies/proxy.ts";
import { ROUTES } from "../../servers/ollama/routes.ts";
import type { ServerKindId } from "../../servers/server-kind.ts";

/** What a model server tells everybody and what says nothing about it but that it runs. */
const HARMLESS: ReadonlySet<string> = new Set(["/", "/api/version", "/api/status", "/health", "/healthz", "/ping"]);

/**
 * The locations of a site that a request can come to, in order: one that takes every path and method ends the list.
 */
export function listReached({ locations }: ProxySite): readonly ProxyLocation[] {
  const last = locations.findIndex(({ paths, methods }) => takesEverything(paths) && methods === null);
  return last < 0 ? locations : locations.slice(0, last + 1);
}

/** Whether every path of the second is one of the first, as far as that can be told. */
function takesAll(first: PathMatch, second: PathMatch): boolean {
  if (takesEverything(first)) return true;
  if (first.kind === "unclear" || first.kind === "all" || second.kind === "unclear" || second.kind === "all")
    return false;
  if (first.kind === second.kind && first.text === second.text) return true;
  return first.kind === "prefix" && second.kind !== "pattern" && second.text.startsWith(first.text);
}

function takesEverything(paths: PathMatch): boolean {
  return paths.kind === "all" || (paths.kind === "prefix" && paths.text === "/");
}

/** Methods that are told apart. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;

/** The methods that come to a location and to none before it; null: every one. */
export function listMethods({ locations }: ProxySite, location: ProxyLocation): readonly string[] | null {
  const before = locations.slice(0, Math.max(0, locations.indexOf(location)));
  const taken = before.filter(({ paths }) => takesAll(paths, location.paths)).flatMap(({ methods }) => methods ?? []);
  if (taken.length === 0) return location.methods;
  return (location.methods ?? METHODS).filter((method) => !taken.includes(method));
}

/**
 * Whether somebody who comes by a location can use a model server of that kind: not where the one path it takes tells
 * nothing but that the server runs, nor where no path of the server's begins as its own do.
 */
export function isOfUse(site: ProxySite, location: ProxyLocation, kind: ServerKindId): boolean {
  const { paths, replacesPath } = location;
  if (listMethods(site, location)?.every((method) => method === "OPTIONS") === true) return false;
  if (paths.kind === "all" || paths.kind === "pattern" || paths.kind === "unclear") return true;
  const asked = replacesPath ?? paths.text;
  if (paths.kind === "exact") return !HARMLESS.has(asked);
  if (kind !== "ollama") return true;
  return ROUTES.some(
    ({ path }) => path.startsWith(asked) || (path.includes(":") && asked.startsWith(path.replace(/:.*$/, ""))),
  );
}

/** A path as its proxy has it; empty for every path. */
export function toPathText(paths: PathMatch): string {
  if (paths.kind === "all") return "";
  if (paths.kind === "exact") return `= ${paths.text}`;
  return paths.kind === "pattern" ? `~ ${paths.text}` : paths.text;
}

/** Whether a path is taken; true where that cannot be told. */
export function mayTake(paths: PathMatch, path: string): boolean {
  if (paths.kind === "exact") return paths.text === path;
  return paths.kind !== "prefix" || path.startsWith(paths.text);
}
