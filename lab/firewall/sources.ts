import { type AddressFamily, formatAddress, parseAddress, toLastAddress, toWidth } from "../../src/firewall/address.ts";
import type { Partition } from "../../src/firewall/partition.ts";
import { type Case, toText, type Way } from "./case.ts";
import type { Random } from "./random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "./world.ts";

/** Addresses nobody can come from: the kernel drops them as impossible, or its answer would not find back. */
const UNSENDABLE: Readonly<Record<AddressFamily, readonly string[]>> = {
  4: [
    "0.0.0.0/32",
    "127.0.0.0/8",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "10.77.0.0/32",
    "10.77.0.255/32",
    "10.78.0.0/32",
    "10.78.0.255/32",
    "172.17.0.0/16",
  ],
  // ::ffff:0:0/96 would be IPv4, link-local addresses need a zone, and a router's anycast address is the host's own.
  6: ["::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8", "fd00:17::/64", "2001:db8:77::/128", "2001:db8:78::/128"],
};
const OWN_ADDRESSES = [...Object.values(HOST_ADDRESSES), CONTAINER_ADDRESS].flatMap((own) => Object.values(own));
const TOKEN = /[0-9a-f]*[.:][0-9a-f.:]+(?:\/\d+)?/gi;

/**
 * Where to come from: at and around every border of the predicted parts, and of every address that stands in
 * the rules, whatever the prediction made of it; and from anywhere.
 */
export function chooseSources(
  random: Random,
  partition: Partition,
  tried: Case,
  way: Way,
  limit: number,
): readonly string[] {
  const { family } = way;
  const last = toLastAddress(family);
  const parts = [...partition.admitted, ...partition.stopped, ...partition.undecidable];
  const intervals = parts.flatMap(({ sources }) =>
    sources.firsts.map((first, index) => ({ first, last: sources.lasts[index] ?? first })),
  );
  const borders = [...sample(random, intervals, limit), ...sample(random, readIntervals(tried, family), limit)];
  const values = borders.flatMap((interval) => [
    interval.first - 1n,
    interval.first,
    interval.last,
    interval.last + 1n,
    interval.first + (random.bits(toWidth(family)) % (interval.last - interval.first + 1n)),
  ]);
  const anywhere = Array.from({ length: 3 }, () => random.bits(toWidth(family)));
  const distinct = [...new Set([...values, ...anywhere])].filter((value) => value >= 0n && value <= last);
  const sendable = distinct.filter((value) => isSendable(family, value));
  return sample(random, sendable, limit).map((value) => formatAddress({ family, value }));
}

interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** The addresses and prefixes written in a case's rules. */
function readIntervals({ inputs }: Case, family: AddressFamily): readonly Interval[] {
  const tokens = new Set(inputs.flatMap((input) => toText(input).match(TOKEN) ?? []));
  return [...tokens].flatMap((token) => toInterval(token, family) ?? []);
}

function toInterval(token: string, family: AddressFamily): Interval | null {
  const [text = "", length] = token.split("/");
  const address = parseAddress(text);
  const width = toWidth(family);
  if (address === null || address.family !== family || Number(length ?? width) > width) return null;
  const host = BigInt(width - Number(length ?? width));
  const first = (address.value >> host) << host;
  return { first, last: first + (1n << host) - 1n };
}

const UNSENDABLE_INTERVALS = { 4: toIntervals(4), 6: toIntervals(6) };

function toIntervals(family: AddressFamily): readonly Interval[] {
  return [...UNSENDABLE[family], ...OWN_ADDRESSES].flatMap((token) => toInterval(token, family) ?? []);
}

function isSendable(family: AddressFamily, value: bigint): boolean {
  return !UNSENDABLE_INTERVALS[family].some(({ first, last }) => first <= value && value <= last);
}

function sample<T>(random: Random, items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  const left = [...items];
  return Array.from({ length: limit }, () => left.splice(random.below(left.length), 1)).flat();
}
