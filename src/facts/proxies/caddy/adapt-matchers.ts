import type { Condition } from "./model.ts";
import {
  toExpressionCondition,
  toHeaderAbsence,
  toHeaderCondition,
  toHeaderPatternCondition,
  toPaths,
  toSources,
} from "./names.ts";
import type { Segment } from "./segments.ts";

/** Named matchers of a site. */
export type Matchers = ReadonlyMap<string, readonly Condition[]>;

const DEEPEST = 8;

/** `@name path /a /b`, or a block with a matcher a line. */
export function readMatchers(segments: readonly Segment[]): Matchers {
  const named = segments.flatMap(({ words, block }): readonly (readonly [string, readonly Condition[]])[] => {
    const [name = "", ...rest] = words;
    if (!name.startsWith("@")) return [];
    return [[name, readSet(rest, block, 0)]];
  });
  return new Map(named);
}

function readSet(words: readonly string[], block: readonly Segment[] | null, depth: number): readonly Condition[] {
  if (words.length > 0) {
    const [only = ""] = words;
    // `@name {expr}` and `@name `expr`` are expressions.
    if (words.length === 1 && /[\s{(=]/.test(only)) return [toExpressionCondition(only)];
    return readMatcher({ words, block, file: "", line: 0 }, depth);
  }
  const lines = block ?? [];
  // Lines of one matcher are alternatives for its values.
  const names = [...new Set(lines.map((segment) => segment.words[0] ?? ""))];
  return names.flatMap((name) => {
    const same = lines.filter((segment) => segment.words[0] === name);
    if (!MERGED.has(name)) return same.flatMap((segment) => readMatcher(segment, depth));
    return readMatcher(
      { words: [name, ...same.flatMap((segment) => segment.words.slice(1))], block: null, file: "", line: 0 },
      depth,
    );
  });
}

const MERGED: ReadonlySet<string> = new Set(["path", "method", "remote_ip", "client_ip", "host"]);

function readMatcher({ words, block }: Segment, depth: number): readonly Condition[] {
  const [name = "", ...values] = words;
  switch (name) {
    case "path":
      return [{ kind: "paths", paths: values.map(toPaths) }];
    case "path_regexp":
      return [{ kind: "paths", paths: [{ kind: "pattern", text: values.at(-1) ?? "" }] }];
    case "method":
      return [{ kind: "methods", methods: values.map((method) => method.toUpperCase()) }];
    case "host":
      return [{ kind: "hosts", names: values }];
    case "header": {
      const [field = "", ...wanted] = values;
      return [field.startsWith("!") ? toHeaderAbsence(field.slice(1)) : toHeaderCondition(field, wanted)];
    }
    case "header_regexp":
      return [toHeaderPatternCondition(values.at(-2) ?? "", values.at(-1) ?? "")];
    case "query":
      return values.map((pair) => toHeaderCondition(pair.split("=", 1)[0] ?? "", [pair.slice(pair.indexOf("=") + 1)]));
    case "remote_ip":
    case "client_ip":
      return [{ kind: "shows", protection: toSources(values) }];
    case "expression":
      return [toExpressionCondition(values.join(" "))];
    case "not":
      return depth > DEEPEST
        ? [{ kind: "unclear", text: name }]
        : [{ kind: "not", sets: [readSet(values, block, depth + 1)] }];
    case "protocol":
      return [];
    default:
      return [{ kind: "unclear", text: name }];
  }
}

/** The matcher that stands first behind a directive, and the words behind it. */
export function takeMatcher(
  words: readonly string[],
  matchers: Matchers,
): { readonly set: readonly Condition[]; readonly rest: readonly string[] } {
  const [first = "", ...rest] = words;
  if (first === "*") return { set: [], rest };
  if (first.startsWith("@")) return { set: matchers.get(first) ?? [{ kind: "unclear", text: first }], rest };
  if (first.startsWith("/")) return { set: [{ kind: "paths", paths: [toPaths(first)] }], rest };
  return { set: [], rest: words };
}
