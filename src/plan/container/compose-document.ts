import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { TextEdit } from "./line-edits.ts";

/** Why a compose file is not one that may be edited. */
export type ComposeFault =
  | "not-yaml"
  | "anchor"
  | "tag"
  | "merge"
  | "extends"
  | "variable"
  | "port-range"
  | "unknown-form"
  | "flow"
  | "port-not-found";

/** What a search in a compose file comes to where it stops: Portlock edits only what it understands in full. */
export class ComposeFaultError extends Error {
  override readonly name: string = "ComposeFaultError";
  readonly fault: ComposeFault;

  constructor(fault: ComposeFault) {
    super(fault);
    this.fault = fault;
  }
}

/** A service as one compose file has it. */
export interface ComposeService {
  readonly text: string;
  readonly root: YAMLMap;
  readonly map: YAMLMap;
}

/** Finds a service by its name; null where this file says nothing of it. Throws a `ComposeFaultError`. */
export function findService(text: string, name: string): ComposeService | null {
  const root = parse(text);
  const services = own(findPair(root, "services")?.value);
  if (services === null) return null;
  if (!isMap(services)) throw new ComposeFaultError("unknown-form");
  const map = own(findPair(services, name)?.value);
  if (map === null) return null;
  if (!isMap(map)) throw new ComposeFaultError("unknown-form");
  if (findPair(map, "extends") !== null) throw new ComposeFaultError("extends");
  return { text, root, map };
}

function parse(text: string): YAMLMap {
  try {
    const document = parseDocument(text);
    if (document.errors.length === 0 && isMap(document.contents)) return document.contents;
  } catch {
    // Nested deeper than a parser can go.
  }
  throw new ComposeFaultError("not-yaml");
}

export function findPair(map: YAMLMap, key: string): Pair | null {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;
}

/** A node that stands just here: nothing else in the file takes it from here, and it is taken from nowhere else. */
export function own(value: unknown): Node | null {
  if (value === null || value === undefined) return null;
  if (isAlias(value)) throw new ComposeFaultError("anchor");
  if (!isMap(value) && !isSeq(value) && !isScalar(value)) return null;
  if (value.anchor !== undefined) throw new ComposeFaultError("anchor");
  if (value.tag !== undefined && !value.tag.startsWith("tag:yaml.org,2002:")) throw new ComposeFaultError("tag");
  return value;
}

/** A scalar as it is written: its characters, and where the first of them stands behind its quote. */
export interface Written {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

/** Null: it is no scalar. Throws where its characters are not those of its value, or come from a variable. */
export function readScalar(text: string, value: unknown): Written | null {
  const node = own(value);
  if (!isScalar(node) || node.value === null) return null;
  const [start, end] = toRange(node);
  const isQuoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
  if (!isQuoted && node.type !== "PLAIN") throw new ComposeFaultError("unknown-form");
  const written = isQuoted ? text.slice(start + 1, end - 1) : text.slice(start, end);
  if (/[\n\\]/.test(written) || (isQuoted && written !== node.value)) throw new ComposeFaultError("unknown-form");
  if (written.includes("$")) throw new ComposeFaultError("variable");
  return isQuoted
    ? { value: written, start: start + 1, end: end - 1, isQuoted }
    : { value: written, start, end, isQuoted };
}

/** Offsets of the first character of a node and of the one behind its last. */
export function toRange(node: Node | Scalar): readonly [start: number, end: number] {
  if (node.range === null || node.range === undefined) throw new ComposeFaultError("unknown-form");
  return [node.range[0], node.range[1]];
}

/** The blanks before a key that is the first on its line, or stands behind dashes. */
export function toIndent(text: string, start: number): string {
  const before = text.slice(start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1, start);
  if (!/^[ -]*$/.test(before)) throw new ComposeFaultError("flow");
  return " ".repeat(before.length);
}

/** Puts a line behind the one in which an offset stands. */
export function insertLineBehind(text: string, offset: number, line: string): TextEdit {
  const next = text.indexOf("\n", offset);
  const lineEnd = next < 0 ? text.length : next;
  const end = text[lineEnd - 1] === "\r" ? lineEnd - 1 : lineEnd;
  return { start: end, end, text: `\n${line}` };
}

/**
 * Every scalar of a service and of what the file says for all of them. What it says of other services is left out,
 * unless something is taken from elsewhere in the file.
 */
export function listScalars({ root, map }: ComposeService): readonly string[] {
  const scalars: string[] = [];
  const add = (value: unknown): void => {
    if (typeof value === "string") scalars.push(value);
  };
  let isApart = true;
  visit(map, {
    Alias: () => {
      isApart = false;
    },
    Scalar: (_key, { value }) => add(value),
  });
  const services = findPair(root, "services")?.value;
  visit(root, {
    Scalar: (_key, { value }) => add(value),
    Map: (_key, node) => (isApart && node === services ? visit.SKIP : undefined),
  });
  return scalars;
}
