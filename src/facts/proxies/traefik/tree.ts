import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { isRecord } from "../../container-settings-json.ts";

/** A configuration as a tree; Traefik minds neither the case of keys nor which form they came in. */
export type Tree = Readonly<Record<string, unknown>>;

const MOST_ALIASES = 100;

/** Reads a file of Traefik, YAML or TOML by its name. Null: it is none. */
export function parseTree(text: string, path: string): Tree | null {
  try {
    const parsed: unknown = path.endsWith(".toml")
      ? parseToml(text)
      : parseYaml(text, { maxAliasCount: MOST_ALIASES, merge: true, logLevel: "silent" });
    return isRecord(parsed) ? parsed : parsed === null ? {} : null;
  } catch {
    return null;
  }
}

/** A value by its path, whatever the case of the keys. */
export function get(tree: unknown, ...path: readonly string[]): unknown {
  let value: unknown = tree;
  for (const key of path) {
    if (!isRecord(value)) return undefined;
    const wanted = key.toLowerCase();
    value = Object.entries(value).find(([name]) => name.toLowerCase() === wanted)?.[1];
  }
  return value;
}

/** What stands below a path, by its names. */
export function entriesOf(tree: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] {
  const value = get(tree, ...path);
  return isRecord(value) ? Object.entries(value) : [];
}

/** Texts in a list, or in a text with commas, as labels have them. */
export function textsOf(tree: unknown, ...path: readonly string[]): readonly string[] {
  const value = get(tree, ...path);
  if (typeof value === "string")
    return value
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== "");
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string");
  // Labels may count: `servers[0]`.
  return isRecord(value) ? Object.values(value).filter((each) => typeof each === "string") : [];
}

export function textOf(tree: unknown, ...path: readonly string[]): string | null {
  const value = get(tree, ...path);
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : null;
}

export function flagOf(tree: unknown, ...path: readonly string[]): boolean | null {
  const value = get(tree, ...path);
  return typeof value === "boolean" ? value : value === "true" ? true : value === "false" ? false : null;
}

const MOST_KEYS = 2_000;

/** `traefik.http.routers.ollama.rule=…` and the like, or `--entrypoints.web.address=:80`, as a tree. */
export function toTree(settings: readonly (readonly [string, string])[]): Tree {
  const root: Record<string, unknown> = {};
  for (const [name, value] of settings.slice(0, MOST_KEYS)) {
    const keys = name
      .toLowerCase()
      .replaceAll(/\[(\d+)\]/g, ".$1")
      .split(".")
      .slice(0, 16);
    let level = root;
    for (const key of keys.slice(0, -1)) {
      const next = Object.hasOwn(level, key) ? level[key] : undefined;
      const inner: Record<string, unknown> = isRecord(next) ? next : {};
      Object.defineProperty(level, key, { value: inner, enumerable: true, writable: true, configurable: true });
      level = inner;
    }
    Object.defineProperty(level, keys.at(-1) ?? "", { value, enumerable: true, writable: true, configurable: true });
  }
  return root;
}
