import { isMap, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import {
  ComposeFaultError,
  findPair,
  own,
  readScalar,
  toIndent,
  toRange,
  type ComposeService,
} from "./compose-document.ts";
import type { TextEdit } from "./line-edits.ts";

/** A variable, and the value that a service is to have of it. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Where a service says a variable, and what to change there. Null: it does not. Throws a `ComposeFaultError`. */
export function findVariable({ text, map }: ComposeService, variable: Variable): TextEdit | null {
  const list = own(findPair(map, "environment")?.value);
  if (isMap(list)) return findInMap(text, list, variable);
  return isSeq(list) ? findInList(text, list, variable) : null;
}

function findInMap(text: string, map: YAMLMap, { name, value }: Variable): TextEdit | null {
  const pair = findPair(map, name);
  if (pair === null) return null;
  const written = readScalar(text, pair.value);
  if (written === null) throw new ComposeFaultError("variable");
  return { start: written.start, end: written.end, text: value };
}

function findInList(text: string, list: YAMLSeq, { name, value }: Variable): TextEdit | null {
  const item = list.items.find(
    (each) =>
      isScalar(each) && typeof each.value === "string" && (each.value === name || each.value.startsWith(`${name}=`)),
  );
  if (item === undefined) return null;
  const written = readScalar(text, item);
  if (written === null || !written.value.includes("=")) throw new ComposeFaultError("variable");
  return { start: written.start + name.length + 1, end: written.end, text: value };
}

/** Adds a variable to a service that does not say it, as the first of those it says. Throws a `ComposeFaultError`. */
export function addVariable({ text, map }: ComposeService, { name, value }: Variable): TextEdit {
  const list = own(findPair(map, "environment")?.value);
  if (isMap(list)) {
    const start = toFirstKey(text, list);
    return { start, end: start, text: `${name}: ${value}\n${toIndent(text, start)}` };
  }
  if (isSeq(list)) {
    const [first] = list.items;
    if (list.flow === true || !isScalar(first)) throw new ComposeFaultError("flow");
    const [start] = toRange(first);
    const before = text.slice(text.lastIndexOf("\n", start) + 1, start);
    if (!/^ *- +$/.test(before)) throw new ComposeFaultError("flow");
    return { start, end: start, text: `${name}=${value}\n${before}` };
  }
  if (findPair(map, "environment") !== null) throw new ComposeFaultError("unknown-form");
  const start = toFirstKey(text, map);
  const indent = toIndent(text, start);
  return { start, end: start, text: `environment:\n${indent}  ${name}: ${value}\n${indent}` };
}

function toFirstKey(text: string, map: YAMLMap): number {
  const [first]: readonly (Pair | undefined)[] = map.items;
  if (map.flow === true || first === undefined || !isScalar(first.key)) throw new ComposeFaultError("flow");
  const [start] = toRange(first.key);
  if (/[^ ]/.test(text.slice(text.lastIndexOf("\n", start) + 1, start))) throw new ComposeFaultError("flow");
  return start;
}
