import { type ConfigurationFiles, resolvePath } from "../configuration-files.ts";
import type { SourceLine } from "../proxy.ts";
import { type ApacheDirective, parseApache } from "./directives.ts";

export interface LoadedApache {
  /** With includes and conditions on modules and names resolved. */
  readonly directives: readonly ApacheDirective[];
  readonly faults: readonly SourceLine[];
}

/** Modules that are part of the program itself. */
const BUILT_IN = ["core", "so", "http", "log_config", "logio", "version", "unixd", "watchdog"];
const DEEPEST = 16;
const MOST_DIRECTIVES = 50_000;

/**
 * A configuration of Apache with its includes.
 *
 * @param root what relative paths begin at, until `ServerRoot` says otherwise
 * @param variables of its environment and `-D`
 */
export async function loadApache(
  files: ConfigurationFiles,
  path: string,
  root: string,
  variables: ReadonlyMap<string, string>,
): Promise<LoadedApache> {
  const faults: SourceLine[] = [];
  const known = new Map(variables);
  const modules = new Set(BUILT_IN);
  let serverRoot = root;
  let count = 0;
  const fill = (text: string): string =>
    text.replaceAll(/\$\{([\w.]+)\}/g, (whole, name: string) => known.get(name) ?? whole);

  async function load(file: string, depth: number): Promise<readonly ApacheDirective[]> {
    const text = await files.read(file);
    if (text === null) return [];
    const { directives, fault } = parseApache(text, file);
    if (fault !== null) faults.push({ file, line: fault, text: "not understood from here" });
    return expand(directives, depth);
  }

  async function include(written: string, depth: number): Promise<readonly ApacheDirective[]> {
    const found: ApacheDirective[] = [];
    for (const each of await files.match(resolvePath(written, serverRoot))) {
      const inside = /\.[\w-]+$/.test(each) ? [] : await files.list(each);
      const paths = inside.length === 0 ? [each] : inside.map((name) => `${each.replace(/\/$/, "")}/${name}`);
      for (const file of paths) found.push(...(await load(file, depth + 1)));
    }
    return found;
  }

  /** Null: not a condition. */
  function holds(name: string, [value = ""]: readonly string[]): boolean | null {
    const wanted = value.replace(/^!/, "");
    const negated = value.startsWith("!");
    if (name === "ifdefine") return known.has(wanted) !== negated;
    if (name === "ifmodule")
      return modules.has(wanted.replace(/^mod_/, "").replace(/(?:_module|\.c)$/, "")) !== negated;
    return name === "ifversion" || name === "iffile" || name === "ifdirective" || name === "ifsection" ? true : null;
  }

  async function expand(directives: readonly ApacheDirective[], depth: number): Promise<readonly ApacheDirective[]> {
    const expanded: ApacheDirective[] = [];
    for (const written of directives) {
      count += 1;
      if (count > MOST_DIRECTIVES || depth > DEEPEST) {
        faults.push({ file: written.file, line: written.line, text: "too many includes" });
        return expanded;
      }
      const directive = { ...written, values: written.values.map(fill) };
      const { name, values, block } = directive;
      const [first = "", second = ""] = values;
      if (name === "define") known.set(first, second);
      if (name === "loadmodule") modules.add(first.replace(/_module$/, ""));
      if (name === "serverroot") serverRoot = first;
      if (name === "include" || name === "includeoptional") {
        expanded.push(...(await include(first, depth)));
        continue;
      }
      const condition = block === null ? null : holds(name, values);
      if (condition === false) continue;
      if (condition === true) expanded.push(...(await expand(block ?? [], depth)));
      else expanded.push(block === null ? directive : { ...directive, block: await expand(block, depth) });
    }
    return expanded;
  }
  return { directives: await load(path, 0), faults };
}

/** Reads `export NAME=value` of Debian's envvars; values that a shell would have to work out stay away. */
export function parseEnvironmentVariables(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", written = ""] of text.matchAll(/^\s*(?:export\s+)?([A-Z_]\w*)=(\S*)/gm)) {
    const value = written.replaceAll(/^["']|["']$/g, "").replaceAll(/\$\{?SUFFIX\}?/g, "");
    if (!value.includes("$")) found.set(name, value);
  }
  return found;
}
