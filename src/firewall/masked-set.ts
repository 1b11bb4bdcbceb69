import { toWidth, type AddressFamily } from "./address.ts";
import { toSourceSet, type SourceSet } from "./source-set.ts";

/** Masks with more blocks than this stay undecided. */
const BLOCK_BITS_LIMIT = 12;

/** Every address whose bits below the mask are those of `value`; null where that is too many blocks. */
export function toMaskedSet(family: AddressFamily, value: bigint, mask: bigint): SourceSet | null {
  const width = toWidth(family);
  let low = 0;
  while (low < width && (mask & (1n << BigInt(low))) === 0n) low++;
  const free: bigint[] = [];
  for (let bit = low; bit < width; bit++) {
    if ((mask & (1n << BigInt(bit))) === 0n) free.push(1n << BigInt(bit));
  }
  if (free.length > BLOCK_BITS_LIMIT) return null;
  let bases = [value];
  for (const bit of free) bases = bases.flatMap((base) => [base, base | bit]);
  const size = 1n << BigInt(low);
  return toSourceSet(
    family,
    bases.map((first) => ({ first, last: first + size - 1n })),
  );
}
