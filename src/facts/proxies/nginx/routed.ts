import { parseRequestPattern } from "../request-patterns.ts";
import type { PathMatch } from "../proxy.ts";
import type { Directive } from "./directives.ts";
import { PATH_AS_IT_CAME } from "./upstreams.ts";
import type { Maps, Value } from "./variables.ts";

/** Requests that a server gives a path of its own before it looks for a location. */
export interface Routed {
  readonly methods: readonly string[] | null;
  readonly paths: PathMatch;
  /** The path by which its location is looked for; null: as it came. */
  readonly path: string | null;
  /** What maps hold for these requests. */
  readonly variables: ReadonlyMap<string, Value>;
}

/** A server's `rewrite ^ /somewhere/$place? last;`, and the requests that it leaves alone. */
interface Sender {
  readonly rewrite: Directive;
  readonly leaves: string | null;
}

export interface Routing {
  readonly rewrite: Directive;
  readonly requests: readonly Routed[];
}

/**
 * Where a server sends every request by one `rewrite … last` to a path that maps make of method and path as they came
 * in. Null: it does not, or it cannot be told which requests come where.
 */
export function findRouting(server: readonly Directive[], maps: Maps): Routing | null {
  const senders = server.flatMap(toSender);
  const [sender, ...others] = senders;
  if (sender === undefined || others.length > 0) return null;
  const [, beginning, name] = /^(\/[\w/-]*)\$\{?(\w+)\}?\??$/.exec(sender.rewrite.values[1] ?? "") ?? [];
  if (beginning === undefined || name === undefined) return null;
  const cases = listCases(name, maps, 0);
  if (cases === null) return null;
  const left: readonly Routed[] =
    sender.leaves === null
      ? []
      : [{ methods: null, paths: { kind: "exact", text: sender.leaves }, path: null, variables: new Map() }];
  const requests = cases.map(({ value, variables, ...where }) => ({ ...where, variables, path: beginning + value }));
  return { rewrite: sender.rewrite, requests: [...left, ...requests] };
}

function toSender(directive: Directive): readonly Sender[] {
  const { name, values, block } = directive;
  if (isSending(directive)) return [{ rewrite: directive, leaves: null }];
  const [only, ...others] = block ?? [];
  if (name !== "if" || only === undefined || others.length > 0 || !isSending(only)) return [];
  const [, leaves] = /^\(\$uri != "?(\/[\w/-]*)"?\)$/.exec(values.join(" ")) ?? [];
  return leaves === undefined ? [] : [{ rewrite: only, leaves }];
}

function isSending({ name, values: [pattern, , flag] }: Directive): boolean {
  return name === "rewrite" && pattern === "^" && flag === "last";
}

interface Case {
  readonly methods: readonly string[] | null;
  readonly paths: PathMatch;
  readonly beginning: string;
  readonly value: string;
  readonly variables: ReadonlyMap<string, Value>;
}

const DEEPEST = 4;
const MOST_CASES = 200;
/** What a request line is looked at by, as it came in. */
const REQUEST_LINE = /^\$\{?request_method\}? \$\{?request_uri\}?$/;
/** An expression that looks at nothing but how a text begins. */
const BEGINNING = /^~\^((?:[\w/:-]|\\[.\-/])*)$/;

/** Every value of a map with the requests for which it has it; what no expression fits comes last. */
function listCases(name: string, maps: Maps, depth: number): readonly Case[] | null {
  const map = maps.get(name);
  if (map?.name !== "map" || map.block === null || depth > DEEPEST || map.block.length > MOST_CASES) return null;
  const [input = ""] = map.values;
  const [, inner] = /^\$\{?(\w+)\}?$/.exec(input) ?? [];
  const cases = REQUEST_LINE.test(input)
    ? readRequestLines(map.block)
    : inner === undefined
      ? null
      : (listCases(inner, maps, depth + 1)?.map((each) => look(each, map.block ?? [])) ?? null);
  if (cases === null) return null;
  const known: Case[] = [];
  for (const each of cases) {
    if (each === null) return null;
    const value: Value = { text: each.value.startsWith("$") ? PATH_AS_IT_CAME : each.value, origin: "caller" };
    known.push({ ...each, variables: new Map(each.variables).set(name, value) });
  }
  return known;
}

function readRequestLines(entries: readonly Directive[]): readonly (Case | null)[] {
  const fallback = entries.find(({ name }) => name === "default")?.values[0] ?? "";
  const rest: Case = {
    methods: null,
    paths: { kind: "all" },
    beginning: "",
    value: fallback,
    variables: new Map(),
  };
  const fitting = entries
    .filter(({ name }) => name !== "default")
    .map(({ name, values: [value = ""] }): Case | null => {
      const pattern = name.startsWith("~^") ? parseRequestPattern(name.slice(1)) : null;
      if (pattern === null) return null;
      const { paths } = pattern;
      // What the expression itself holds fast is the path as it came.
      const own = value.startsWith("$") && name.includes(`(?<${value.slice(1)}>/`);
      if (value.includes("$") && !own) return null;
      return { ...pattern, value: own && paths.kind === "exact" ? paths.text : value, variables: new Map() };
    });
  return [...fitting, rest];
}

/** What another map makes of the value of a first one. */
function look(found: Case, entries: readonly Directive[]): Case | null {
  const fallback = entries.find(({ name }) => name === "default")?.values[0] ?? "";
  const isCaptured = found.value.startsWith("$");
  const text = isCaptured ? found.beginning : found.value;
  for (const { name, values } of entries) {
    if (name === "default") continue;
    const [value = ""] = values;
    if (value.includes("$")) return null;
    const [, beginning] = BEGINNING.exec(name) ?? [];
    if (name.startsWith("~") && beginning === undefined) return null;
    const fits =
      beginning === undefined ? !isCaptured && text === name : text.startsWith(beginning.replaceAll("\\", ""));
    if (fits) return { ...found, value };
  }
  return fallback.includes("$") ? null : { ...found, value: fallback };
}
