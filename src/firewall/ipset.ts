import type { AddressFamily } from "./address.ts";
import { parseAddress } from "./address.ts";
import { splitWords } from "./iptables-words.ts";
import { TCP } from "./protocols.ts";
import type { Match } from "./rule-set.ts";
import {
  parseCidr,
  subtractSets,
  toComplement,
  toSourceSet,
  uniteSets,
  type Interval,
  type SourceSet,
} from "./source-set.ts";

/** One set of ipset(8). */
export interface IpSet {
  readonly name: string;
  /** What an entry holds, for example `["net", "port"]` of `hash:net,port`; `["set"]` of a list of sets. */
  readonly dimensions: readonly string[];
  readonly family: AddressFamily;
  readonly entries: readonly IpSetEntry[];
}

export interface IpSetEntry {
  readonly text: string;
  /** An exception: what it covers does not match. */
  readonly nomatch: boolean;
}

export type IpSets = ReadonlyMap<string, IpSet>;

/** Reads `ipset save`. Lines that are neither a set nor an entry are left out; a set that is not here was not read. */
export function parseIpsetSave(text: string): IpSets {
  const sets = new Map<string, IpSet & { entries: IpSetEntry[] }>();
  for (const line of text.split("\n")) {
    const [verb, name, third, ...options] = splitWords(line).map((word) => word.text);
    if (name === undefined || third === undefined) continue;
    if (verb === "create") {
      const dimensions = third.slice(third.indexOf(":") + 1).split(",");
      const family = options[options.indexOf("family") + 1] === "inet6" ? 6 : 4;
      sets.set(name, { name, dimensions, family, entries: [] });
    } else if (verb === "add") {
      sets.get(name)?.entries.push({ text: third, nomatch: options.includes("nomatch") });
    }
  }
  return sets;
}

/**
 * What `-m set --match-set NAME src,dst` asks of a packet. Null: the set is not known, or holds what cannot be
 * decided here.
 */
export function toSetMatch(sets: IpSets, name: string, directions: readonly string[], negated: boolean): Match | null {
  const rows = toRows(sets, name, directions, 0);
  if (rows === null) return null;
  const addresses = toOneSet(rows);
  if (addresses === null) return { kind: "either", rows, negated };
  const { which, set } = addresses;
  const wanted = negated ? toComplement(set) : set;
  return which === "source"
    ? { kind: "source", sources: wanted }
    : { kind: "destination", which: "now", addresses: wanted };
}

/** Deeper than any list of sets the kernel makes. */
const LIST_DEPTH_LIMIT = 8;

function toRows(sets: IpSets, name: string, directions: readonly string[], depth: number): Match[][] | null {
  const set = sets.get(name);
  if (set === undefined || depth > LIST_DEPTH_LIMIT) return null;
  if (set.dimensions[0] === "set") {
    const rows: Match[][] = [];
    for (const member of set.entries) {
      const inner = toRows(sets, member.text, directions, depth + 1);
      if (inner === null) return null;
      for (const row of inner) rows.push(row);
    }
    return rows;
  }
  if (set.dimensions.length === 1 && isAddress(set.dimensions[0])) return toAddressRow(set, directions[0]);
  if (set.entries.some((entry) => entry.nomatch)) return null;
  const rows: Match[][] = [];
  for (const entry of set.entries) {
    const row = toRow(set, entry.text.split(","), directions);
    if (row === null) return null;
    rows.push(row);
  }
  return rows;
}

function isAddress(dimension: string | undefined): boolean {
  return dimension === "ip" || dimension === "net";
}

/** The rows as one set of addresses, where each is one: the common case, and the one with many entries. */
function toOneSet(rows: readonly (readonly Match[])[]): { which: "source" | "destination"; set: SourceSet } | null {
  const [first, ...others] = rows;
  const match = first?.length === 1 ? first[0] : undefined;
  if (others.length > 0 || match === undefined) return null;
  if (match.kind === "source") return { which: "source", set: match.sources };
  return match.kind === "destination" ? { which: "destination", set: match.addresses } : null;
}

/** A set of addresses alone: the longest prefix that covers an address decides whether it is in. */
function toAddressRow(set: IpSet, direction: string | undefined): Match[][] | null {
  const plain: Interval[] = [];
  const byLength = new Map<bigint, { yes: Interval[]; no: Interval[] }>();
  const exceptions = set.entries.some((entry) => entry.nomatch);
  for (const { text, nomatch } of set.entries) {
    const interval = parseInterval(text, set.family);
    if (interval === null) return null;
    if (!exceptions) {
      plain.push(interval);
      continue;
    }
    const size = interval.last - interval.first;
    const group = byLength.get(size) ?? { yes: [], no: [] };
    byLength.set(size, group);
    (nomatch ? group.no : group.yes).push(interval);
  }
  let addresses = toSourceSet(set.family, plain);
  const widestFirst = [...byLength].toSorted(([one], [other]) => (one > other ? -1 : 1));
  for (const [, { yes, no }] of widestFirst) {
    addresses = subtractSets(uniteSets(addresses, toSourceSet(set.family, yes)), toSourceSet(set.family, no));
  }
  return [[toAddressMatch(addresses, direction)]];
}

function toAddressMatch(addresses: SourceSet, direction: string | undefined): Match {
  return direction === "dst"
    ? { kind: "destination", which: "now", addresses }
    : { kind: "source", sources: addresses };
}

function parseInterval(text: string, family: AddressFamily): Interval | null {
  const dash = text.indexOf("-");
  if (dash < 0) {
    const cidr = parseCidr(text);
    return cidr?.family === family ? cidr : null;
  }
  const first = parseAddress(text.slice(0, dash));
  const last = parseAddress(text.slice(dash + 1));
  if (first?.family !== family || last?.family !== family) return null;
  return { first: first.value, last: last.value };
}

function toRow(set: IpSet, values: readonly string[], directions: readonly string[]): Match[] | null {
  if (values.length !== set.dimensions.length) return null;
  const row: Match[] = [];
  for (const [index, dimension] of set.dimensions.entries()) {
    const matches = toDimension(dimension, values[index] ?? "", directions[index], set.family);
    if (matches === null) return null;
    row.push(...matches);
  }
  return row;
}

function toDimension(
  dimension: string,
  value: string,
  direction: string | undefined,
  family: AddressFamily,
): Match[] | null {
  switch (dimension) {
    case "ip":
    case "net": {
      // `0.0.0.0/0` stands for every address of hash:net,net and the like.
      const interval = parseInterval(value, family);
      return interval === null ? null : [toAddressMatch(toSourceSet(family, [interval]), direction)];
    }
    case "port": {
      const port = /^(?:([a-z]+):)?(\d{1,5})(?:-(\d{1,5}))?$/.exec(value);
      if (port === null) return null;
      // Without a protocol the entry is of a bitmap:port, which takes TCP and UDP alike.
      if (port[1] !== undefined && port[1] !== "tcp") return [{ kind: "never" }];
      const first = Number(port[2]);
      const ranges = [{ first, last: port[3] === undefined ? first : Number(port[3]) }];
      const which = direction === "dst" ? "destination" : "source";
      return [
        { kind: "protocol", ranges: [TCP], negated: false },
        { kind: "port", which, ranges, negated: false },
      ];
    }
    case "iface": {
      if (value.startsWith("physdev:")) return null;
      const wildcard = value.endsWith("+");
      const name = { name: wildcard ? value.slice(0, -1) : value, wildcard };
      return [{ kind: "interface", which: direction === "dst" ? "out" : "in", names: [name], negated: false }];
    }
    case "mark": {
      const mark = Number(value);
      if (!Number.isInteger(mark)) return null;
      return [{ kind: "mark", which: "packet", mask: 0xffff_ffff, value: mark, negated: false }];
    }
    default:
      return null;
  }
}
