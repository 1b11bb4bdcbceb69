import type { SourceLine } from "../proxy.ts";
import { type Token, splitTokens } from "./tokens.ts";

/** A line of a Caddyfile with the block behind it. */
export interface Segment {
  readonly words: readonly string[];
  readonly block: readonly Segment[] | null;
  readonly file: string;
  readonly line: number;
}

const DEEPEST = 48;

/** The lines of a Caddyfile with their blocks; `fault` is the line at which braces do not match. */
export function parseSegments(
  text: string,
  file: string,
): { readonly segments: readonly Segment[]; readonly fault: number | null } {
  const tokens = splitTokens(text);
  const root: Segment[] = [];
  const open: Segment[][] = [root];
  let fault: number | null = null;
  for (let at = 0; at < tokens.length && fault === null;) {
    const { words, end } = takeLine(tokens, at);
    const line = tokens[at]?.line ?? 0;
    const [first] = words;
    at = end;
    if (isBrace(first, "}")) {
      if (open.length === 1) fault = line;
      else open.pop();
      continue;
    }
    const opens = isBrace(words.at(-1), "{");
    const block: Segment[] | null = opens ? [] : null;
    const texts = (opens ? words.slice(0, -1) : words).map((word) => word.text);
    open.at(-1)?.push({ words: texts, block, file, line });
    if (block !== null) open.push(block);
    if (open.length > DEEPEST) fault = line;
  }
  if (fault === null && open.length > 1) fault = tokens.at(-1)?.line ?? 1;
  return { segments: root, fault };
}

function isBrace(token: Token | undefined, brace: string): boolean {
  return token?.text === brace && !token.quoted;
}

/** Words up to the end of the line; names of sites go on behind a comma. */
function takeLine(tokens: readonly Token[], start: number): { readonly words: readonly Token[]; readonly end: number } {
  const line = tokens[start]?.line;
  let end = start + 1;
  let current = line;
  if (isBrace(tokens[start], "}")) return { words: tokens.slice(start, end), end };
  while (end < tokens.length) {
    const token = tokens[end];
    if (token === undefined) break;
    const continues = tokens[end - 1]?.text.endsWith(",") === true;
    if (token.line !== current && !continues) break;
    current = token.line;
    end += 1;
  }
  return { words: tokens.slice(start, end), end };
}

/** What `import` may bring: parts that the file itself defines, and files. */
export interface Imports {
  readonly snippets: ReadonlyMap<string, readonly Segment[]>;
  /** The lines of every file that a pattern means, as seen from a file. */
  load(pattern: string, from: string): Promise<readonly Segment[]>;
  readonly faults: SourceLine[];
  left: number;
}

const MOST_DEEP = 16;

/** Lines with every `import` replaced by what it brings. */
export async function expandImports(
  segments: readonly Segment[],
  imports: Imports,
  depth: number = 0,
): Promise<readonly Segment[]> {
  const expanded: Segment[] = [];
  for (const segment of segments) {
    const { words, block, file, line } = segment;
    const [name, target, ...values] = words;
    imports.left -= 1;
    if (imports.left < 0 || depth > MOST_DEEP) {
      imports.faults.push({ file, line, text: "too many imports" });
      return expanded;
    }
    if (name === "import" && target !== undefined) {
      const brought = imports.snippets.get(target) ?? (await imports.load(target, file));
      const filled = values.length === 0 ? brought : brought.map((each) => fillIn(each, values));
      expanded.push(...(await expandImports(filled, imports, depth + 1)));
    } else {
      expanded.push(block === null ? segment : { ...segment, block: await expandImports(block, imports, depth) });
    }
  }
  return expanded;
}

function fillIn(segment: Segment, values: readonly string[]): Segment {
  const words = segment.words.flatMap((word): readonly string[] => {
    if (word === "{args[:]}") return values;
    return [
      word.replaceAll(
        /\{args(?:\.(\d)|\[(\d)\])\}/g,
        (whole, dotted?: string, indexed?: string) => values[Number(dotted ?? indexed)] ?? whole,
      ),
    ];
  });
  return { ...segment, words, block: segment.block?.map((each) => fillIn(each, values)) ?? null };
}
