import { isList, isObject, type Json } from "./json.ts";
import { toNumber } from "./nft-values.ts";
import type { MarkAction, Range } from "./rule-set.ts";

/** A mark in the making: `(packet mark & packet) ^ (connection mark & connection) ^ constant`. */
interface Mixture {
  readonly packet: number;
  readonly connection: number;
  readonly constant: number;
}

export const ALL_BITS: number = 0xffff_ffff;

/**
 * What `meta mark set …` and `ct mark set …` do. Every expression of `&`, `|` and `^` with constants over the marks
 * comes down to bits kept, bits copied and bits flipped. Null: something else.
 */
export function toMarkAction(which: "packet" | "connection", value: Json): MarkAction | null {
  const mixture = toMixture(value, 0);
  if (mixture === null) return null;
  const own = which === "packet" ? mixture.packet : mixture.connection;
  const copied = which === "packet" ? mixture.connection : mixture.packet;
  return { kind: "set-mark", which, clear: ~own >>> 0, flip: mixture.constant, copied };
}

const DEPTH_LIMIT = 16;

function toMixture(value: Json, depth: number): Mixture | null {
  const constant = toNumber(value);
  if (constant !== null) return { packet: 0, connection: 0, constant };
  if (!isObject(value) || depth > DEPTH_LIMIT) return null;
  if (isObject(value["meta"]) && value["meta"]["key"] === "mark")
    return { packet: ALL_BITS, connection: 0, constant: 0 };
  if (isObject(value["ct"]) && value["ct"]["key"] === "mark") return { packet: 0, connection: ALL_BITS, constant: 0 };
  for (const operator of ["&", "|", "^"] as const) {
    const parts = value[operator];
    if (!isList(parts) || parts.length !== 2) continue;
    const inner = toMixture(parts[0], depth + 1);
    const bits = toNumber(parts[1]);
    if (inner === null || bits === null) return null;
    return mix(inner, operator, bits);
  }
  return null;
}

function mix({ packet, connection, constant }: Mixture, operator: "&" | "|" | "^", bits: number): Mixture {
  if (operator === "^") return { packet, connection, constant: (constant ^ bits) >>> 0 };
  const kept = operator === "&" ? bits : ~bits;
  const set = operator === "|" ? bits : 0;
  return {
    packet: (packet & kept) >>> 0,
    connection: (connection & kept) >>> 0,
    constant: ((constant & kept) | set) >>> 0,
  };
}

/** The marks of a range as blocks: all marks whose bits below `bits` are those of `value`. */
export function toMarkBlocks({ first, last }: Range): readonly { readonly value: number; readonly bits: number }[] {
  const blocks: { readonly value: number; readonly bits: number }[] = [];
  for (let value = first; value <= last;) {
    let size = 1;
    while (value % (2 * size) === 0 && value + 2 * size - 1 <= last && size <= ALL_BITS) size *= 2;
    blocks.push({ value, bits: (ALL_BITS - (size - 1)) >>> 0 });
    value += size;
  }
  return blocks;
}
