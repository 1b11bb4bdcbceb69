import { formatAddress, parseAddress, toLastAddress, toWidth, type AddressFamily } from "./address.ts";

/**
 * A set of addresses of one family: disjoint intervals in ascending order, never touching, both ends included.
 * Every operation takes time in proportion to the intervals it is given.
 */
export interface SourceSet {
  readonly family: AddressFamily;
  readonly firsts: readonly bigint[];
  readonly lasts: readonly bigint[];
}

/** Addresses from the first to the last, both included. */
export interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

export function toEmptySet(family: AddressFamily): SourceSet {
  return { family, firsts: [], lasts: [] };
}

export function toWholeSet(family: AddressFamily): SourceSet {
  return { family, firsts: [0n], lasts: [toLastAddress(family)] };
}

/** The set of one or of many intervals, which may overlap and come in any order; what lies outside the family is cut. */
export function toSourceSet(family: AddressFamily, intervals: readonly Interval[]): SourceSet {
  const end = toLastAddress(family);
  const within = intervals.filter(({ first, last }) => first <= last && last >= 0n && first <= end);
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  for (const { first, last } of sortIntervals(within)) {
    pushInterval(firsts, lasts, first < 0n ? 0n : first, last > end ? end : last);
  }
  return { family, firsts, lasts };
}

/** Sets printed by kernel tools mostly come sorted, and looking is cheaper than sorting. */
function sortIntervals(intervals: readonly Interval[]): readonly Interval[] {
  for (let index = 1; index < intervals.length; index++) {
    const before = intervals[index - 1];
    const here = intervals[index];
    if (before !== undefined && here !== undefined && before.first > here.first) {
      return intervals.toSorted((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0));
    }
  }
  return intervals;
}

/** Appends an interval that begins no earlier than the last one, joined with it where they touch. */
export function pushInterval(firsts: bigint[], lasts: bigint[], first: bigint, last: bigint): void {
  const end = lasts.at(-1);
  if (end !== undefined && first <= end + 1n) {
    if (last > end) lasts[lasts.length - 1] = last;
    return;
  }
  firsts.push(first);
  lasts.push(last);
}

/** What is in one of two sets of the same family. */
export function uniteSets(one: SourceSet, other: SourceSet): SourceSet {
  if (one.firsts.length === 0) return other;
  if (other.firsts.length === 0) return one;
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  let left = 0;
  let right = 0;
  while (left < one.firsts.length || right < other.firsts.length) {
    const leftFirst = one.firsts[left];
    const rightFirst = other.firsts[right];
    const takesLeft = rightFirst === undefined || (leftFirst !== undefined && leftFirst <= rightFirst);
    const [first, last] = takesLeft ? [leftFirst, one.lasts[left]] : [rightFirst, other.lasts[right]];
    if (takesLeft) left++;
    else right++;
    if (first !== undefined && last !== undefined) pushInterval(firsts, lasts, first, last);
  }
  return { family: one.family, firsts, lasts };
}

/** What is in both of two sets of the same family. */
export function intersectSets(one: SourceSet, other: SourceSet): SourceSet {
  if (isWhole(one)) return other;
  if (isWhole(other)) return one;
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  let left = 0;
  let right = 0;
  for (;;) {
    const leftFirst = one.firsts[left];
    const leftLast = one.lasts[left];
    const rightFirst = other.firsts[right];
    const rightLast = other.lasts[right];
    if (leftFirst === undefined || leftLast === undefined) break;
    if (rightFirst === undefined || rightLast === undefined) break;
    const first = leftFirst > rightFirst ? leftFirst : rightFirst;
    const last = leftLast < rightLast ? leftLast : rightLast;
    if (first <= last) {
      firsts.push(first);
      lasts.push(last);
    }
    if (leftLast < rightLast) left++;
    else right++;
  }
  return { family: one.family, firsts, lasts };
}

/** Every address of the family that is not in the set. */
export function toComplement(set: SourceSet): SourceSet {
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  let next = 0n;
  for (const [index, first] of set.firsts.entries()) {
    if (first > next) {
      firsts.push(next);
      lasts.push(first - 1n);
    }
    next = (set.lasts[index] ?? first) + 1n;
  }
  const end = toLastAddress(set.family);
  if (next <= end) {
    firsts.push(next);
    lasts.push(end);
  }
  return { family: set.family, firsts, lasts };
}

/** What is in the first set and not in the second, of the same family. */
export function subtractSets(one: SourceSet, other: SourceSet): SourceSet {
  return other.firsts.length === 0 ? one : intersectSets(one, toComplement(other));
}

export function isEmpty(set: SourceSet): boolean {
  return set.firsts.length === 0;
}

export function isWhole(set: SourceSet): boolean {
  return set.firsts.length === 1 && set.firsts[0] === 0n && set.lasts[0] === toLastAddress(set.family);
}

export function areSame(one: SourceSet, other: SourceSet): boolean {
  return (
    one.family === other.family &&
    one.firsts.length === other.firsts.length &&
    one.firsts.every((first, index) => first === other.firsts[index] && one.lasts[index] === other.lasts[index])
  );
}

export function containsAddress(set: SourceSet, value: bigint): boolean {
  let low = 0;
  let high = set.firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const first = set.firsts[middle];
    if (first !== undefined && first <= value) low = middle + 1;
    else high = middle;
  }
  const last = set.lasts[low - 1];
  return last !== undefined && value <= last;
}

/** How many addresses the set has. */
export function countAddresses(set: SourceSet): bigint {
  return set.firsts.reduce((sum, first, index) => sum + (set.lasts[index] ?? first) - first + 1n, 0n);
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address. Bits behind the prefix are ignored, as kernels do. */
export function fromCidr(text: string): SourceSet | null {
  const interval = parseCidr(text);
  if (interval === null) return null;
  return { family: interval.family, firsts: [interval.first], lasts: [interval.last] };
}

/** Like `fromCidr`, as one interval. */
export function parseCidr(text: string): (Interval & { readonly family: AddressFamily }) | null {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const { family, value } = address;
  if (slash < 0) return { family, first: value, last: value };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > toWidth(family)) return null;
  return { family, ...toPrefix(family, value, Number(length)) };
}

/** The addresses that share the first `length` bits with `value`. */
export function toPrefix(family: AddressFamily, value: bigint, length: number): Interval {
  const size = 1n << BigInt(toWidth(family) - length);
  const first = value - (value % size);
  return { first, last: first + size - 1n };
}

/** The fewest CIDR blocks that are exactly this set, in ascending order; single addresses without `/32` or `/128`. */
export function toCidrs(set: SourceSet): readonly string[] {
  const { family } = set;
  const width = toWidth(family);
  const cidrs: string[] = [];
  for (const [index, begin] of set.firsts.entries()) {
    const last = set.lasts[index] ?? begin;
    for (let first = begin; first <= last;) {
      const bits = Math.min(countTrailingZeros(first, width), toBitLength(last - first + 1n) - 1);
      const text = formatAddress({ family, value: first });
      cidrs.push(bits === 0 ? text : `${text}/${width - bits}`);
      first += 1n << BigInt(bits);
    }
  }
  return cidrs;
}

function countTrailingZeros(value: bigint, width: number): number {
  if (value === 0n) return width;
  return toBitLength(value & -value) - 1;
}

function toBitLength(value: bigint): number {
  return value.toString(2).length;
}
