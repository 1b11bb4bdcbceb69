import type { AddressFamily } from "./address.ts";
import { isList, isObject, quoteJson, toText, type Json, type JsonObject } from "./json.ts";
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
import { TCP } from "./protocols.ts";
import type { ConnectionState, Doubt, DoubtReason, Match, PortMatch, Range } from "./rule-set.ts";
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

const TCP_ONLY: Match = { kind: "protocol", ranges: [TCP], negated: false };
const TRACKED: Match = { kind: "connection-state", states: ["new", "established", "related"], negated: false };
const NEVER: Match = { kind: "never" };
const ALWAYS: Match = { kind: "either", rows: [[]], negated: false };

/** Reads an expression that can stand on the left of a comparison. Never null: what is not understood is in doubt. */
export function toKey(expression: Json): Key {
  if (!isObject(expression)) return toDoubtfulKey("not-understood", expression);
  const { payload, meta, ct, fib, concat } = expression;
  if (isObject(payload)) return toPayloadKey(payload, expression);
  if (isObject(meta)) return toMetaKey(toText(meta["key"]), expression);
  if (isObject(ct)) return toConnectionKey(ct, expression);
  if (isObject(fib)) return toRoutingKey(fib, expression);
  if (isList(concat)) return toTupleKey(concat.map(toKey));
  if (isList(expression["&"])) return toMaskedKey(expression["&"], expression);
  if (isObject(expression["exthdr"]) || isObject(expression["ip option"])) {
    return toDoubtfulKey("unusual", expression);
  }
  if (isObject(expression["tcp option"])) return toDoubtfulKey("sender", expression);
  if (isObject(expression["socket"]) || isObject(expression["rt"])) return toDoubtfulKey("moment", expression);
  if ("numgen" in expression || "jhash" in expression || "symhash" in expression)
    return toDoubtfulKey("rate", expression);
  return toDoubtfulKey("not-understood", expression);
}

function toDoubtfulKey(why: DoubtReason, expression: Json, needs: readonly Match[] = []): Key {
  const doubt: Doubt = { why, text: quoteJson(expression) };
  const match = (): Match => ({ kind: "undecidable", doubt });
  return { needs, isOneOf: match, compares: match };
}

/** Headers of other protocols than TCP: the rule is about packets of theirs. */
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set([
  "ah",
  "arp",
  "comp",
  "dccp",
  "esp",
  "icmp",
  "icmpv6",
  "igmp",
  "mh",
  "sctp",
  "udp",
  "udplite",
]);

function toPayloadKey(payload: JsonObject, expression: Json): Key {
  const protocol = toText(payload["protocol"]);
  const field = toText(payload["field"]);
  if (OTHER_PROTOCOLS.has(protocol)) return { needs: [NEVER], isOneOf: () => NEVER, compares: () => NEVER };
  if (protocol === "ip" || protocol === "ip6") {
    const family = protocol === "ip" ? 4 : 6;
    const needs: readonly Match[] = [{ kind: "family", family }];
    if (field === "saddr" || field === "daddr") return toAddressKey(family, (set) => toAddressMatch(field, set));
    if (field === "protocol" || field === "nexthdr") return { ...toProtocolKey(), needs };
    return toDoubtfulKey("sender", expression, needs);
  }
  if (protocol === "tcp" || protocol === "th") {
    const needs = protocol === "tcp" ? [TCP_ONLY] : [];
    if (field === "dport") return { ...toPortKey("destination"), needs };
    if (field === "sport") return { ...toPortKey("source"), needs };
    if (field === "flags") return { ...toFlagsKey(0xff), needs };
    return toDoubtfulKey("sender", expression, needs);
  }
  return toDoubtfulKey(protocol === "ether" || protocol === "vlan" ? "sender" : "not-understood", expression);
}

function toAddressMatch(field: "saddr" | "daddr", addresses: SourceSet): Match {
  return field === "saddr" ? { kind: "source", sources: addresses } : { kind: "destination", which: "now", addresses };
}

function toAddressKey(family: AddressFamily, toMatch: (set: SourceSet) => Match, mask?: Json): Key {
  const match = (set: SourceSet | null): Match | null => (set === null ? null : toMatch(set));
  return {
    needs: [{ kind: "family", family }],
    isOneOf: (values) =>
      match(mask === undefined ? toAddressSet(values, family) : toMaskedAddresses(values, mask, family)),
    compares: (operator, value) => match(mask === undefined ? toComparedAddresses(operator, value, family) : null),
  };
}

function toPortKey(which: PortMatch["which"]): Key {
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

function toProtocolKey(): Key {
  return {
    needs: [],
    isOneOf: (values) => {
      const ranges = toRanges(values, toProtocol);
      return ranges === null ? null : { kind: "protocol", ranges, negated: false };
    },
  };
}

/** `tcp flags syn` tests for any of the flags, `tcp flags == syn` compares all of them. */
function toFlagsKey(mask: number): Key {
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

function toMetaKey(key: string, expression: Json): Key {
  switch (key) {
    case "iif":
    case "iifname":
      return toInterfaceKey("in");
    case "oif":
    case "oifname":
      return toInterfaceKey("out");
    case "l4proto":
      return toProtocolKey();
    case "nfproto":
    case "protocol":
      return toFamilyKey();
    case "mark":
      return toMarkKey("packet", 0xffff_ffff);
    case "pkttype":
      // The kernel takes no connection from a packet that was not sent to its own hardware address.
      return {
        needs: [],
        isOneOf: (values) => (values.includes("host") || values.includes("unicast") ? ALWAYS : NEVER),
      };
    case "length":
    case "priority":
      return toDoubtfulKey("sender", expression);
    case "iifgroup":
    case "oifgroup":
    case "iiftype":
    case "oiftype":
    case "iifkind":
    case "oifkind":
    case "sdif":
    case "sdifname":
    case "ibrname":
    case "obrname":
      return toDoubtfulKey("not-read", expression);
    case "random":
      return toDoubtfulKey("rate", expression);
    default:
      return toDoubtfulKey("moment", expression);
  }
}

/** Names; a number stands for an interface that is not there any more. */
function toInterfaceKey(which: "in" | "out"): Key {
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

function toFamilyKey(): Key {
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

function toMarkKey(which: "packet" | "connection", mask: number): Key {
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

const STATES: readonly ConnectionState[] = ["new", "established", "related", "invalid", "untracked"];

function toConnectionKey(ct: JsonObject, expression: Json): Key {
  const key = toText(ct["key"]);
  const original = ct["dir"] === "original";
  switch (key) {
    case "state":
      return toStateKey();
    case "status":
      return toStatusKey();
    case "mark":
      return toMarkKey("connection", 0xffff_ffff);
    case "direction":
      return {
        needs: [TRACKED],
        isOneOf: (values) => (values.includes("original") || values.some(isCatchAll) ? ALWAYS : NEVER),
      };
    case "ip saddr":
    case "ip6 saddr":
    case "ip daddr":
    case "ip6 daddr": {
      if (!original) return toDoubtfulKey("not-understood", expression);
      const match = key.endsWith("saddr")
        ? (sources: SourceSet): Match => ({ kind: "source", sources })
        : (addresses: SourceSet): Match => ({ kind: "destination", which: "original", addresses });
      const read = toAddressKey(key.startsWith("ip6") ? 6 : 4, match);
      return { ...read, needs: [...read.needs, TRACKED] };
    }
    case "proto-dst":
    case "proto-src":
      if (!original) return toDoubtfulKey("not-understood", expression);
      return { ...toPortKey(key === "proto-dst" ? "original-destination" : "source"), needs: [TRACKED] };
    case "protocol":
      return { ...toProtocolKey(), needs: [TRACKED] };
    default:
      return toDoubtfulKey("moment", expression);
  }
}

/** `in` tests for any of the states; `==` compares with all of them at once, and a packet has just one. */
function toStateKey(): Key {
  const read = (value: Json): readonly ConnectionState[] | null => {
    const words = toWords(value);
    const states = STATES.filter((state) => words?.includes(state));
    return words === null || states.length < words.length ? null : states;
  };
  const match = (states: readonly ConnectionState[]): Match => ({ kind: "connection-state", states, negated: false });
  return {
    needs: [],
    isOneOf: (values) => {
      const states: ConnectionState[] = [];
      for (const value of values) {
        if (isCatchAll(value)) return ALWAYS;
        const words = read(value);
        if (words === null) return null;
        if (words.length === 1) states.push(...words);
      }
      return match(states);
    },
    compares: (operator, value) => {
      const states = read(value);
      if (states === null || (operator !== "in" && operator !== "!")) return null;
      return negate(match(states), operator === "!");
    },
  };
}

/** Of a new connection no status but that of a changed destination is set, and never that one alone. */
function toStatusKey(): Key {
  return {
    needs: [TRACKED],
    isOneOf: (values) => (values.every((value) => toWords(value) !== null) ? NEVER : null),
    compares: (operator, value) => {
      const statuses = toWords(value);
      if (statuses === null || (operator !== "in" && operator !== "!")) return null;
      return { kind: "connection-status", statuses, negated: operator === "!" };
    },
  };
}

function toRoutingKey(fib: JsonObject, expression: Json): Key {
  const flags = isList(fib["flags"]) ? fib["flags"] : [fib["flags"]];
  const source = flags.includes("saddr");
  const onInterface = flags.includes("iif");
  if (flags.includes("oif") || source === flags.includes("daddr")) return toDoubtfulKey("not-understood", expression);
  if (fib["result"] === "type") {
    const which = source ? "source" : "destination";
    return {
      needs: [],
      isOneOf: (values) => {
        const types = values.map(toText);
        return { kind: "address-type", which, types, onInterface, negated: false };
      },
    };
  }
  const loose = !onInterface;
  if (!source || (fib["result"] !== "oif" && fib["result"] !== "oifname")) return toDoubtfulKey("not-read", expression);
  return {
    needs: [],
    isOneOf: (values) => {
      const [value, ...others] = values;
      if (others.length > 0) return null;
      if (value === true) return { kind: "reverse-path", loose, negated: false };
      const missing = value === false || value === 0 || value === "0" || value === "";
      return missing ? { kind: "reverse-path", loose, negated: true } : null;
    },
  };
}

/** `KEY & MASK`. */
function toMaskedKey(parts: readonly Json[], expression: Json): Key {
  const [inner, mask] = parts;
  const number = toNumber(mask);
  if (isObject(inner)) {
    const { payload, meta, ct } = inner;
    if (isObject(meta) && meta["key"] === "mark" && number !== null) return toMarkKey("packet", number);
    if (isObject(ct) && ct["key"] === "mark" && number !== null) return toMarkKey("connection", number);
    if (isObject(payload)) {
      const { protocol, field } = payload;
      if ((protocol === "ip" || protocol === "ip6") && (field === "saddr" || field === "daddr")) {
        return toAddressKey(protocol === "ip" ? 4 : 6, (set) => toAddressMatch(field, set), mask);
      }
      const flags = number ?? parseTcpFlags((toWords(mask) ?? ["?"]).join(","));
      if (protocol === "tcp" && field === "flags" && flags !== null) return { ...toFlagsKey(flags), needs: [TCP_ONLY] };
    }
  }
  return toDoubtfulKey("not-understood", expression);
}

/** Several keys, compared with tuples of as many values. */
function toTupleKey(keys: readonly Key[]): Key {
  return {
    needs: keys.flatMap((key) => key.needs),
    isOneOf: (values) => {
      const rows: Match[][] = [];
      for (const value of values) {
        if (isCatchAll(value)) return ALWAYS;
        const parts = isObject(value) && isList(value["concat"]) ? value["concat"] : null;
        if (parts === null || parts.length !== keys.length) return null;
        const row: Match[] = [];
        for (const [index, key] of keys.entries()) {
          const match = key.isOneOf([parts[index]]);
          if (match === null) return null;
          row.push(match);
        }
        rows.push(row);
      }
      return { kind: "either", rows, negated: false };
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
