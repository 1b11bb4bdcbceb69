import { matchesPattern } from "../credential-names.ts";
import type { Directive } from "./directives.ts";

/** Whose a value is: what a caller can only have by having been let in tells a protection from a mere condition. */
export type Origin = "fixed" | "caller" | "credential" | "certificate" | "held" | "address";

/** What a variable holds for one kind of caller; null where that is not known. */
export interface Value {
  readonly text: string | null;
  readonly origin: Origin;
}

/** What one kind of caller sends. */
export interface Caller {
  /** In each header, cookie and parameter that may be a credential; null: the right one, whatever that is. */
  readonly credential: string | null;
  readonly method: string;
  /** Without its query; null: it may be any. */
  readonly path: string | null;
  readonly tls: boolean;
}

/** A map's or geo's directive by the variable it sets. */
export type Maps = ReadonlyMap<string, Directive>;

/** Headers that anybody fills as he likes, and nobody takes for a credential. */
const PLAIN_HEADER =
  /^http_(?:host|origin|referer|user_agent|upgrade|connection|accept\w*|content_\w+|x_forwarded_\w+|x_real_ip|access_control_\w+|sec_\w+|range|if_\w+|cf_\w+|via|te|dnt)$/;
const CREDENTIAL = /^(?:http_|cookie_|arg_)\w+$|^remote_user$/;
const CALLER =
  /^(?:https?|host|http_host|request_\w+|uri|document_uri|args|query_string|is_args|arg_\w+|scheme|https|content_\w+|server_\w+|hostname|invalid_referer|proxy_\w+|request|msec|time_\w+|\d)$/;
/** Where a caller calls from. */
const ADDRESS = /^(?:binary_remote_addr|remote_addr|realip_remote_addr|proxy_protocol_addr|geoip2?_\w+)$/;
const STRENGTH: readonly Origin[] = ["fixed", "caller", "held", "address", "certificate", "credential"];
const DEEPEST = 16;

/** The maps and geo blocks of an `http` or `stream` block. */
export function findMaps(block: readonly Directive[]): Maps {
  const maps = block.flatMap((directive): readonly (readonly [string, Directive])[] => {
    const { name, values } = directive;
    const variable = values.at(-1);
    return (name === "map" || name === "geo" || name === "split_clients") && variable?.startsWith("$") === true
      ? [[variable.slice(1), directive]]
      : [];
  });
  return new Map(maps);
}

export interface Environment {
  readonly caller: Caller;
  readonly maps: Maps;
  readonly variables: ReadonlyMap<string, Value>;
}

/** A text with its variables filled in. */
export function fillIn(text: string, environment: Environment, depth: number = 0): Value {
  let known = true;
  let origin: Origin = "fixed";
  const filled = text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced?: string, plain?: string) => {
    const value = readVariable(braced ?? plain ?? "", environment, depth + 1);
    origin = strongest(origin, value.origin);
    if (value.text === null) known = false;
    return value.text ?? "";
  });
  return { text: known ? filled : null, origin };
}

function readVariable(name: string, environment: Environment, depth: number): Value {
  const { caller, maps, variables } = environment;
  const set = variables.get(name);
  if (set !== undefined) return set;
  if (depth > DEEPEST) return { text: null, origin: "held" };
  const map = maps.get(name);
  if (map !== undefined) return readMap(map, environment, depth);
  if (name === "request_method") return { text: caller.method, origin: "caller" };
  if (name === "uri" || name === "document_uri") return { text: caller.path, origin: "caller" };
  if (name === "scheme") return { text: caller.tls ? "https" : "http", origin: "fixed" };
  if (name === "https") return { text: caller.tls ? "on" : "", origin: "fixed" };
  if (name === "ssl_client_verify") return { text: caller.credential === null ? null : "NONE", origin: "certificate" };
  if (name.startsWith("ssl_client_")) return { text: caller.credential === null ? null : "", origin: "certificate" };
  if (PLAIN_HEADER.test(name)) return { text: null, origin: "caller" };
  if (CREDENTIAL.test(name)) return { text: caller.credential, origin: "credential" };
  if (ADDRESS.test(name)) return { text: null, origin: "address" };
  return { text: null, origin: CALLER.test(name) ? "caller" : "held" };
}

function readMap(map: Directive, environment: Environment, depth: number): Value {
  if (map.name !== "map") return { text: null, origin: map.name === "geo" ? "address" : "held" };
  const input = fillIn(map.values[0] ?? "", environment, depth);
  if (input.text === null) return input;
  const text = input.text.toLowerCase();
  const entries = toEntries(map);
  const exact = entries.find(({ key }) => !key.startsWith("~") && key.replace(/^\\/, "").toLowerCase() === text);
  if (exact !== undefined) return withOrigin(fillIn(exact.value, environment, depth), input.origin);
  for (const { key, value } of entries.filter((entry) => entry.key.startsWith("~"))) {
    const matches = matchesPattern(key.replace(/^~\*?/, ""), input.text, key.startsWith("~*"));
    if (matches === null) return { text: null, origin: input.origin };
    if (matches) return withOrigin(fillIn(value, environment, depth), input.origin);
  }
  const fallback = map.block?.find(({ name }) => name === "default")?.values[0] ?? "";
  return withOrigin(fillIn(fallback, environment, depth), input.origin);
}

function toEntries(map: Directive): readonly { readonly key: string; readonly value: string }[] {
  return (map.block ?? []).flatMap(({ name, values }) =>
    name === "default" || values.length !== 1 ? [] : [{ key: name, value: values[0] ?? "" }],
  );
}

/** Every value that a variable may have as far as a map or geo says; null where something else decides. */
export function listValues(name: string, maps: Maps): readonly string[] | null {
  const map = maps.get(name);
  if (map?.block === null || map === undefined) return null;
  return [
    ...new Set(
      map.block.flatMap(({ name: key, values }) =>
        /^(?:hostnames|volatile|ranges|proxy|delete)$/.test(key) ? [] : values.slice(0, 1),
      ),
    ),
  ];
}

function withOrigin(value: Value, origin: Origin): Value {
  return { text: value.text, origin: strongest(value.origin, origin) };
}

function strongest(first: Origin, second: Origin): Origin {
  return STRENGTH.indexOf(first) > STRENGTH.indexOf(second) ? first : second;
}

/** The two truths that a condition of `if` may have for a caller, and what it looks at. */
export function decide(
  values: readonly string[],
  environment: Environment,
): { readonly truths: readonly boolean[]; readonly origin: Origin } {
  const parts = values
    .map((value, index) => (index === 0 ? value.replace(/^\(/, "") : value))
    .map((value, index) => (index === values.length - 1 ? value.replace(/\)$/, "") : value))
    .filter((value, index) => value !== "" || index === 2);
  const [subject = "", operator, operand = ""] = parts;
  if (!subject.startsWith("$")) return { truths: [true, false], origin: "caller" }; // -f and the like
  const left = fillIn(subject, environment);
  if (operator === undefined) return toTruth(left, (text) => text !== "" && text !== "0");
  if (operator === "=" || operator === "!=") {
    const right = fillIn(operand, environment);
    const origin = strongest(left.origin, right.origin);
    if (left.text === null || right.text === null) return { truths: [true, false], origin };
    return { truths: [(left.text === right.text) === (operator === "=")], origin };
  }
  return toTruth(left, (text) => {
    const matches = matchesPattern(operand, text, operator.endsWith("*"));
    return matches === null ? null : matches !== operator.startsWith("!");
  });
}

function toTruth(
  { text, origin }: Value,
  test: (text: string) => boolean | null,
): { readonly truths: readonly boolean[]; readonly origin: Origin } {
  const truth = text === null ? null : test(text);
  return { truths: truth === null ? [true, false] : [truth], origin };
}
