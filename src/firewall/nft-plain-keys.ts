import type { AddressFamily } from "./address.ts";
import { quoteJson, toText, type Json } from "./json.ts";
import { ALL_BITS, toMarkBlocks } from "./nft-marks.ts";
import {
  isCatchAll,
  toAddressSet,
  toComparedAddresses,
  toComparedRange,
  toMaskedAddresses,
  toNumber,
  toProtocol,
  toRanges,
  toWords,
  type Values,
} from "./nft-values.ts";
import type { Doubt, DoubtReason, Match, PortMatch, Range } from "./rule-set.ts";
import { toComplement, type SourceSet } from "./source-set.ts";
import { parseTcpFlags } from "./tcp-flags.ts";

/**
 * A left-hand side of nftables. `needs` holds before anything is compared, whatever the operator: `ip saddr != x`
 * is no match for an IPv6 packet.
 */
export interface Key {
  readonly needs: readonly Match[];
  /** The condition that the key is one of the values; null: not understood. */
  readonly isOneOf: (values: Values) => Match | null;
  /** The condition of a comparison or a test of bits: `<`, `>=`, `in`, `!`; null: not understood. */
  readonly compares?: (operator: string, value: Json) => Match | null;
}

/** Of a packet that belongs to no connection nothing of a connection can be asked. */
export const TRACKED: Match = { kind: "connection-state", states: ["new", "established", "related"], negated: false };

export const NEVER: Match = { kind: "never" };

export const ALWAYS: Match = { kind: "either", rows: [[]], negated: false };

export function toDoubtfulKey(why: DoubtReason, expression: Json, needs: readonly Match[] = []): Key {
  const doubt: Doubt = { why, text: quoteJson(expression) };
  const match = (): Match => ({ kind: "undecidable", doubt });
  return { needs, isOneOf: match, compares: match };
}

export function toAddressMatch(field: "saddr" | "daddr", addresses: SourceSet): Match {
  return field === "saddr" ? { kind: "source", sources: addresses } : { kind: "destination", which: "now", addresses };
}

export function toAddressKey(family: AddressFamily, toMatch: (set: SourceSet) => Match, mask?: Json): Key {
  const match = (set: SourceSet | null): Match | null => (set === null ? null : toMatch(set));
  return {
    needs: [{ kind: "family", family }],
    isOneOf: (values) =>
      match(mask === undefined ? toAddressSet(values, family) : toMaskedAddresses(values, mask, family)),
    compares: (operator, value) => match(mask === undefined ? toComparedAddresses(operator, value, family) : null),
  };
}

export function toPortKey(which: PortMatch["which"]): Key {
  const match = (ranges: readonly (Range | null)[] | null): Match | null => {
    const whole = ranges?.filter((range) => range !== null) ?? [];
    return ranges === null || whole.length < ranges.length
      ? null
      : { kind: "port", which, ranges: whole, negated: false };
  };
  return {
    needs: [],
    isOneOf: (values) => match(toRanges(values, toNumber)),
    compares: (operator, value) => match([toComparedRange(operator, value, 65_535)]),
  };
}

export function toProtocolKey(): Key {
  return {
    needs: [],
    isOneOf: (values) => {
      const ranges = toRanges(values, toProtocol);
      return ranges === null ? null : { kind: "protocol", ranges, negated: false };
    },
  };
}

/** `tcp flags syn` tests for any of the flags, `tcp flags == syn` compares all of them. */
export function toFlagsKey(mask: number): Key {
  const parse = (value: Json): number | null => {
    const number = toNumber(value);
    if (number !== null) return number;
    const words = toWords(value);
    return words === null ? null : parseTcpFlags(words.join(","));
  };
  return {
    needs: [],
    isOneOf: (values) => {
      const rows: Match[][] = [];
      for (const value of values) {
        const flags = parse(value);
        if (flags === null) return null;
        rows.push([{ kind: "flags", mask, value: flags, negated: false }]);
      }
      return { kind: "either", rows, negated: false };
    },
    compares: (operator, value) => {
      const flags = parse(value);
      if (flags === null) return null;
      // None of them set; `in` is the opposite.
      return operator === "!" || operator === "in"
        ? { kind: "flags", mask: mask & flags, value: 0, negated: operator === "in" }
        : null;
    },
  };
}

/** Names; a number stands for an interface that is not there any more. */
export function toInterfaceKey(which: "in" | "out"): Key {
  return {
    needs: [],
    isOneOf: (values) => {
      const names = values.map((value) => {
        const text = typeof value === "number" ? `#${value}` : toText(value);
        return text.endsWith("*") && !text.endsWith("\\*")
          ? { name: text.slice(0, -1), wildcard: true }
          : { name: text.replace(/\\\*$/, "*"), wildcard: false };
      });
      if (names.some(({ name, wildcard }) => name === "" && !wildcard)) return null;
      return { kind: "interface", which, names, negated: false };
    },
  };
}

const FAMILIES: Readonly<Record<string, AddressFamily>> = { ipv4: 4, ip: 4, ipv6: 6, ip6: 6 };

export function toFamilyKey(): Key {
  return {
    needs: [],
    isOneOf: (values) => {
      if (values.some(isCatchAll)) return ALWAYS;
      const rows = values.flatMap((value): Match[][] => {
        const text = toText(value);
        const family = Object.hasOwn(FAMILIES, text) ? FAMILIES[text] : undefined;
        return family === undefined ? [] : [[{ kind: "family", family }]];
      });
      return { kind: "either", rows, negated: false };
    },
  };
}

export function toMarkKey(which: "packet" | "connection", mask: number): Key {
  const match = (ranges: readonly (Range | null)[] | null): Match | null => {
    const whole = ranges?.filter((range) => range !== null) ?? [];
    if (ranges === null || whole.length < ranges.length) return null;
    // Only of a whole mark it is known which marks lie between two.
    if (mask !== ALL_BITS && whole.some(({ first, last }) => first !== last)) return null;
    const blocks = whole.flatMap((range) => toMarkBlocks(range));
    const rows = blocks.map(({ value, bits }): Match[] => {
      return [{ kind: "mark", which, mask: (mask & bits) >>> 0, value, negated: false }];
    });
    return { kind: "either", rows, negated: false };
  };
  return {
    needs: which === "connection" ? [TRACKED] : [],
    isOneOf: (values) => match(toRanges(values, toNumber)),
    compares: (operator, value) => {
      const number = toNumber(value);
      if (operator !== "in" && operator !== "!") return match([toComparedRange(operator, value, ALL_BITS)]);
      if (number === null) return null;
      return { kind: "mark", which, mask: (mask & number) >>> 0, value: 0, negated: operator === "in" };
    },
  };
}

/** The opposite of a condition. What `needs` asks for is not part of it. */
export function negate(match: Match, negated: boolean = true): Match {
  if (!negated) return match;
  switch (match.kind) {
    case "source":
      return { kind: "source", sources: toComplement(match.sources) };
    case "destination":
      return { ...match, addresses: toComplement(match.addresses) };
    case "family":
      return { kind: "family", family: match.family === 4 ? 6 : 4 };
    case "never":
      return ALWAYS;
    case "undecidable":
      return match;
    case "port":
    case "protocol":
    case "interface":
    case "connection-state":
    case "connection-status":
    case "address-type":
    case "reverse-path":
    case "mark":
    case "flags":
    case "either":
      return { ...match, negated: !match.negated };
  }
}
