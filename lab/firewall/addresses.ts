import { type AddressFamily, formatAddress, parseAddress, toLastAddress, toWidth } from "../../src/firewall/address.ts";
import type { Random } from "./random.ts";

/**
 * Addresses for the rules of one case. They come from a few neighbourhoods, so that prefixes lie in one another
 * and ranges overlap, as they seldom would if they came from the whole space.
 */
export interface Addresses {
  readonly family: AddressFamily;
  /** One address. */
  address(): string;
  /** In CIDR notation, of any length, with the bits of the host part cleared. */
  prefix(): string;
  /** `first-last`. */
  range(): string;
}

const NEIGHBOURHOODS: Readonly<Record<AddressFamily, readonly [string, ...string[]]>> = {
  4: ["10.77.0.0", "10.0.0.0", "192.168.0.0", "203.0.113.0", "172.16.0.0", "0.0.0.0", "240.0.0.0", "100.64.0.0"],
  6: ["2001:db8:77::", "2001:db8::", "fd00::", "fe80::", "::", "2600::", "fd00:77::", "3fff::"],
};
const LENGTHS: Readonly<Record<AddressFamily, readonly [number, ...number[]]>> = {
  4: [0, 1, 2, 3, 7, 8, 8, 9, 12, 16, 16, 20, 23, 24, 24, 24, 25, 28, 29, 30, 31, 32, 32],
  6: [0, 1, 3, 7, 8, 16, 20, 32, 32, 33, 48, 48, 56, 63, 64, 64, 64, 65, 96, 112, 127, 128, 128],
};

export function openAddresses(random: Random, family: AddressFamily): Addresses {
  const width = toWidth(family);
  const home = random.pick(NEIGHBOURHOODS[family]);

  function draw(): bigint {
    const text = random.chance(0.6) ? home : random.pick(NEIGHBOURHOODS[family]);
    const near = parseAddress(text)?.value ?? 0n;
    // Few bits differ from the neighbourhood, at any height.
    const shift = BigInt(random.below(width));
    return (near ^ (random.bits(1 + random.below(4)) << shift)) & toLastAddress(family);
  }
  function format(value: bigint): string {
    return formatAddress({ family, value });
  }
  return {
    family,
    address: () => format(draw()),
    prefix() {
      const length = random.pick(LENGTHS[family]);
      const host = BigInt(width - length);
      return `${format((draw() >> host) << host)}/${length}`;
    },
    range() {
      const one = draw();
      const other = random.chance(0.5) ? draw() : one + random.bits(1 + random.below(width / 2));
      const end = other > toLastAddress(family) ? toLastAddress(family) : other;
      return one < end ? `${format(one)}-${format(end)}` : `${format(end)}-${format(one)}`;
    },
  };
}
