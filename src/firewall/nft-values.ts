import { parseAddress, toLastAddress, type AddressFamily } from "./address.ts";
import { isList, isObject, toText, type Json } from "./json.ts";
import { toMaskedSet } from "./masked-set.ts";
import { parseProtocol } from "./protocols.ts";
import type { Range } from "./rule-set.ts";
import { toComplement, toPrefix, toSourceSet, type Interval, type SourceSet } from "./source-set.ts";

/** A right-hand side of nftables, taken apart: the values of which one must hold. */
export type Values = readonly Json[];

/** Elements may carry a timeout, a counter or a comment around their value. */
export function unwrapElement(value: Json): Json {
  return isObject(value) && isObject(value["elem"]) ? value["elem"]["val"] : value;
}

/** Every other value than those named. */
export function isCatchAll(value: Json): boolean {
  return value === "*";
}

/** An address, a prefix or a range of one family. Null: something else. */
function toInterval(value: Json, family: AddressFamily): Interval | null {
  if (typeof value === "string") {
    const address = parseAddress(value);
    return address?.family === family ? { first: address.value, last: address.value } : null;
  }
  if (!isObject(value)) return null;
  const { prefix, range } = value;
  if (isObject(prefix)) {
    const address = parseAddress(toText(prefix["addr"]));
    const length = prefix["len"];
    if (address?.family !== family || !isIntegerUpTo(length, family === 4 ? 32 : 128)) return null;
    return toPrefix(family, address.value, length);
  }
  if (!isList(range) || range.length !== 2) return null;
  const first = toInterval(range[0], family);
  const last = toInterval(range[1], family);
  return first === null || last === null ? null : { first: first.first, last: last.last };
}

/** All of the values as one set; null where one is no address of the family. */
export function toAddressSet(values: Values, family: AddressFamily): SourceSet | null {
  const intervals: Interval[] = [];
  for (const value of values) {
    if (isCatchAll(value)) return toComplement(toSourceSet(family, []));
    const interval = toInterval(value, family);
    if (interval === null) return null;
    intervals.push(interval);
  }
  return toSourceSet(family, intervals);
}

/** The addresses whose bits below `mask` are those of one of the values. */
export function toMaskedAddresses(values: Values, mask: Json, family: AddressFamily): SourceSet | null {
  const bits = toInterval(mask, family);
  const [value, ...others] = values;
  const base = toInterval(value, family);
  if (bits === null || base === null || others.length > 0 || base.first !== base.last) return null;
  return (base.first & ~bits.first) === 0n ? toMaskedSet(family, base.first, bits.first) : toSourceSet(family, []);
}

/** The addresses on the wanted side of one. */
export function toComparedAddresses(operator: string, value: Json, family: AddressFamily): SourceSet | null {
  const bound = toInterval(value, family);
  if (bound === null || bound.first !== bound.last) return null;
  const end = toLastAddress(family);
  switch (operator) {
    case "<":
      return toSourceSet(family, [{ first: 0n, last: bound.first - 1n }]);
    case "<=":
      return toSourceSet(family, [{ first: 0n, last: bound.first }]);
    case ">":
      return toSourceSet(family, [{ first: bound.first + 1n, last: end }]);
    case ">=":
      return toSourceSet(family, [{ first: bound.first, last: end }]);
    default:
      return null;
  }
}

/** Numbers and ranges of them, also as the text older versions print. Null: something else. */
export function toRanges(values: Values, read: (value: Json) => number | null): readonly Range[] | null {
  const ranges: Range[] = [];
  for (const value of values) {
    const range = toRange(value, read);
    if (range === null) return null;
    ranges.push(range);
  }
  return ranges;
}

function toRange(value: Json, read: (value: Json) => number | null): Range | null {
  if (isCatchAll(value)) return { first: 0, last: 0xffff_ffff };
  if (isObject(value) && isList(value["range"])) {
    const [first, last] = value["range"].map(read);
    return first === undefined || last === undefined || first === null || last === null ? null : { first, last };
  }
  const number = read(value);
  return number === null ? null : { first: number, last: number };
}

export function toNumber(value: Json): number | null {
  const number = typeof value === "string" && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
  return isIntegerUpTo(number, 0xffff_ffff) ? number : null;
}

export function toProtocol(value: Json): number | null {
  return typeof value === "string" ? parseProtocol(value) : toNumber(value);
}

function isIntegerUpTo(value: Json, limit: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit;
}

/** The range of numbers on the wanted side of one. */
export function toComparedRange(operator: string, value: Json, limit: number): Range | null {
  const bound = toNumber(value);
  if (bound === null) return null;
  switch (operator) {
    case "<":
      return { first: 0, last: bound - 1 };
    case "<=":
      return { first: 0, last: bound };
    case ">":
      return { first: bound + 1, last: limit };
    case ">=":
      return { first: bound, last: limit };
    default:
      return null;
  }
}

/** The words of flags: one, a list, or joined with `|`. Null: something else. */
export function toWords(value: Json): readonly string[] | null {
  if (typeof value === "string") return [value];
  const parts = isObject(value) ? value["|"] : value;
  if (!isList(parts)) return null;
  const words: string[] = [];
  for (const part of parts) {
    const inner = toWords(part);
    if (inner === null) return null;
    words.push(...inner);
  }
  return words;
}
