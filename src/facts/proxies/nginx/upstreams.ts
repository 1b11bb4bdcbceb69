import { withoutSecrets } from "../../secrets.ts";
import type { Upstream } from "../proxy.ts";
import type { Directive } from "./directives.ts";
import { listValues, type Maps, type Value } from "./variables.ts";

/** Named groups of servers: the `upstream` blocks. */
export type Groups = ReadonlyMap<string, readonly Directive[]>;

export function findGroups(block: readonly Directive[]): Groups {
  const groups = block.flatMap(({ name, values, block: inner }): readonly (readonly [string, readonly Directive[]])[] =>
    name === "upstream" && inner !== null && values[0] !== undefined ? [[values[0], inner]] : [],
  );
  return new Map(groups);
}

/** What a `proxy_pass` leads to. */
export interface Passed {
  readonly upstreams: readonly Upstream[];
  /** The path part behind the address as written; null: none. */
  readonly path: string | null;
  /** Name of the `upstream` block; null for an address, and where several come into question. */
  readonly group: string | null;
}

export interface Context {
  readonly groups: Groups;
  readonly maps: Maps;
  readonly variables: ReadonlyMap<string, Value>;
}

const MOST_VALUES = 32;
/** What maps say instead of a path that they took whole. */
export const PATH_AS_IT_CAME: string = "$uri";

/** To whom a `proxy_pass` of HTTP hands on; variables are filled in with every value they may have. */
export function resolvePass(text: string, context: Context): Passed {
  const passed = expand(text, context).map((url) => resolveUrl(url, context.groups));
  const [first, ...others] = new Set(passed.map(({ group }) => group));
  return {
    upstreams: passed.flatMap(({ upstreams }) => upstreams),
    path: passed[0]?.path ?? null,
    group: others.length === 0 ? (first ?? null) : null,
  };
}

/** To whom a `proxy_pass` of a stream hands on, which names no scheme. */
export function resolveStreamPass(text: string, tls: boolean, context: Context): readonly Upstream[] {
  return expand(text, context).flatMap((place) => resolvePlace(place, { tls, port: 0 }, context.groups));
}

function resolveUrl(url: string, groups: Groups): Passed {
  const [, scheme, rest = ""] = /^(https?):\/\/(.*)$/is.exec(url) ?? [];
  if (scheme === undefined) return { upstreams: [unclear(url)], path: null, group: null };
  const tls = scheme.toLowerCase() === "https";
  if (rest.startsWith("unix:")) {
    const [path = "", uri] = rest.slice("unix:".length).split(":", 2);
    return { upstreams: [{ kind: "unix", path }], path: uri ?? null, group: null };
  }
  const [, place = "", path = ""] =
    /^((?:\$(?!request_uri|uri|is_args|args|document_uri)|[^/?$])*)(.*)$/s.exec(rest) ?? [];
  const name = place.replace(/^.*@/, "");
  const upstreams = resolvePlace(name, { tls, port: tls ? 443 : 80 }, groups);
  // What a query holds may be a key.
  return {
    upstreams,
    path: path === "" ? null : path.replace(/\?.*$/s, ""),
    group: groups.has(name) ? name : null,
  };
}

function resolvePlace(
  place: string,
  { tls, port }: { readonly tls: boolean; readonly port: number },
  groups: Groups,
): readonly Upstream[] {
  const group = groups.get(place);
  if (group !== undefined) {
    const servers = group.filter(({ name, values }) => name === "server" && !values.includes("down"));
    return servers.map(({ values }) => toUpstream(values[0] ?? "", tls, port === 0 ? 0 : 80));
  }
  return [toUpstream(place, tls, port)];
}

function toUpstream(place: string, tls: boolean, port: number): Upstream {
  if (place.startsWith("unix:")) return { kind: "unix", path: place.slice("unix:".length) };
  const [, bracketed, named, given] = /^(?:\[([^\]]+)\]|([^:$]+))(?::(\d{1,5}))?$/.exec(place) ?? [];
  const host = bracketed ?? named;
  const chosen = given === undefined ? port : Number(given);
  if (host === undefined || host.includes("$") || chosen < 1 || chosen > 65_535) return unclear(place);
  return { kind: "tcp", host, port: chosen, tls };
}

function unclear(text: string): Upstream {
  return { kind: "unclear", text: withoutSecrets(text.replace(/^[^$]*@/, "").replace(/\?.*$/s, "")).slice(0, 200) };
}

/** Every text that may come of one with variables; those that only a request tells stay as written. */
function expand(text: string, { maps, variables }: Context): readonly string[] {
  let texts: readonly string[] = [text];
  for (const [whole, braced, plain] of text.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)) {
    const name = braced ?? plain ?? "";
    const value = variables.get(name)?.text ?? null;
    const values = value === null ? listValues(name, maps) : [value];
    const known = values?.filter((each) => each === PATH_AS_IT_CAME || (each !== "" && !each.includes("$"))) ?? [];
    if (known.length > 0) texts = texts.flatMap((each) => known.map((one) => each.replace(whole, () => one)));
    texts = texts.slice(0, MOST_VALUES);
  }
  return texts;
}
