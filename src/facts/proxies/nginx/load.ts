import { type ConfigurationFiles, resolvePath } from "../configuration-files.ts";
import type { SourceLine } from "../proxy.ts";
import { type Directive, parseDirectives } from "./directives.ts";

const DEEPEST = 16;
/** All directives of a configuration, so that files that include each other over and over end. */
const MOST_DIRECTIVES = 50_000;

export interface LoadedNginx {
  /** With every `include` replaced by what it brings. */
  readonly directives: readonly Directive[];
  /** Where a file is not understood. */
  readonly faults: readonly SourceLine[];
}

/**
 * A configuration of nginx with its includes, in the order of glob(3).
 *
 * @param folder what relative paths begin at: the folder of the main file
 */
export async function loadNginx(files: ConfigurationFiles, path: string, folder: string): Promise<LoadedNginx> {
  const faults: SourceLine[] = [];
  let count = 0;
  async function load(file: string, depth: number): Promise<readonly Directive[]> {
    const text = await files.read(file);
    if (text === null) return [];
    const { directives, fault } = parseDirectives(text, file);
    if (fault !== null) faults.push({ file, line: fault, text: "not understood from here" });
    return expand(directives, depth);
  }
  async function expand(directives: readonly Directive[], depth: number): Promise<readonly Directive[]> {
    const expanded: Directive[] = [];
    for (const directive of directives) {
      count += 1;
      const { name, values, block, file, line } = directive;
      if (count > MOST_DIRECTIVES || depth > DEEPEST) {
        faults.push({ file, line, text: "too many includes" });
        return expanded;
      }
      if (name === "include" && block === null && values[0] !== undefined) {
        const paths = await files.match(resolvePath(values[0], folder));
        for (const each of paths) expanded.push(...(await load(each, depth + 1)));
      } else {
        expanded.push(block === null ? directive : { ...directive, block: await expand(block, depth) });
      }
    }
    return expanded;
  }
  return { directives: await load(path, 0), faults };
}
