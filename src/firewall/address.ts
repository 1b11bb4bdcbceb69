export type AddressFamily = 4 | 6;

/** An address as the number its bits make. */
export interface Address {
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** How many bits an address has. */
export function toWidth(family: AddressFamily): number {
  return family === 4 ? 32 : 128;
}

/** The largest address of a family. */
export function toLastAddress(family: AddressFamily): bigint {
  return family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n;
}

/** Reads `192.0.2.7` or `2001:db8::7`, as kernel tools print them. Null: anything else, a zone (`%eth0`) too. */
export function parseAddress(text: string): Address | null {
  if (text.includes(":")) {
    const value = parseIpv6(text);
    return value === null ? null : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value === null ? null : { family: 4, value: BigInt(value) };
}

function parseIpv4(text: string): number | null {
  if (text.length < 7 || text.length > 15) return null;
  let value = 0;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? DOT : text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || part > 255) return null;
      value = value * 256 + part;
      part = 0;
      digits = 0;
      parts++;
    } else if (code >= ZERO && code <= NINE && digits < 3) {
      // A leading zero means octal to some tools and nothing to others.
      if (digits > 0 && part === 0) return null;
      part = part * 10 + code - ZERO;
      digits++;
    } else {
      return null;
    }
  }
  return parts === 4 ? value : null;
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** By hand, character by character: sets have 100,000 of them. */
function parseIpv6(text: string): bigint | null {
  if (text.length > 45) return null;
  const groups: number[] = [];
  let gap = text.startsWith("::") ? 0 : -1;
  for (let at = gap === 0 ? 2 : 0; at < text.length;) {
    const begin = at;
    let group = 0;
    for (let digit = 0; at < text.length && (digit = HEX[text.charCodeAt(at)] ?? -1) >= 0; at++)
      group = group * 16 + digit;
    if (text.charCodeAt(at) === DOT) {
      const tail = parseIpv4(text.slice(begin));
      if (tail === null) return null;
      groups.push(Math.floor(tail / 65_536), tail % 65_536);
      break;
    }
    if (at === begin || at - begin > 4) return null;
    groups.push(group);
    if (at === text.length) break;
    if (text.charCodeAt(at) !== COLON || at + 1 === text.length) return null;
    at++;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return null;
    gap = groups.length;
    at++;
  }
  if (gap < 0) return groups.length === 8 ? joinGroups(groups) : null;
  if (groups.length > 7) return null;
  const zeros = Array.from({ length: 8 - groups.length }, () => 0);
  return joinGroups(groups.toSpliced(gap, 0, ...zeros));
}

const COLON = 58;

/** The value of a hexadecimal digit by its character code; -1 for every other character. */
const HEX: readonly number[] = Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});

function joinGroups([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]: readonly number[]): bigint {
  // Two groups fit a number exactly; fewer steps with big integers are what makes large sets quick.
  const high = (BigInt(a * 65_536 + b) << 32n) | BigInt(c * 65_536 + d);
  const low = (BigInt(e * 65_536 + f) << 32n) | BigInt(g * 65_536 + h);
  return (high << 64n) | low;
}

/** Writes an address as kernel tools do; IPv6 as in RFC 5952, without embedded IPv4. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    const bits = Number(value);
    return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const { start, length } = findLongestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function findLongestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

/** In ascending order. Numbers are sorted natively, so addresses are sorted as numbers as far as they fit. */
export function sortAddresses(values: readonly bigint[]): readonly bigint[] {
  if (values.every((value) => value <= LARGEST_NUMBER)) {
    return Array.from(Float64Array.from(values, Number).toSorted(), BigInt);
  }
  return values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
}

const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);
