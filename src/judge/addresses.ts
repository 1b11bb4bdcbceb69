import ipaddr from "ipaddr.js";

export type Family = 4 | 6;

/** IPv6 addresses of one link; a neighbour uses them without asking anybody for an address. */
export const LINK_LOCAL_V6 = "fe80::/10";

/** Everybody, by family. */
export const ANYWHERE: Readonly<Record<Family, string>> = { 4: "0.0.0.0/0", 6: "::/0" };

/** Family of a numeric address; null for anything else. A zone (`%eth0`) is ignored. */
export function toFamily(address: string): Family | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  return parsed.kind() === "ipv4" ? 4 : 6;
}

/** One spelling for one address, without zone; text that is no address stays as it is. */
export function toCanonical(address: string): string {
  return parseAddress(address)?.toString() ?? address;
}

/** True for `0.0.0.0` and `::`. */
export function isWildcard(address: string): boolean {
  return parseAddress(address)?.range() === "unspecified";
}

/** True for 127.0.0.0/8 and `::1`. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === "loopback";
}

/** True for fe80::/10; the IPv4 range 169.254.0.0/16 is answered on every link, as any other address. */
export function isLinkLocalV6(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== null && parsed.kind() === "ipv6" && parsed.range() === "linkLocal";
}

/** Ranges of addresses that mean something only within somebody's own network. */
const OF_SOMEBODYS_OWN: ReadonlySet<string> = new Set(["private", "uniqueLocal", "linkLocal", "carrierGradeNat"]);

/** True for an address that the internet could route; those of the documentation ranges stand for such ones. */
export function isGlobal(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== null && !OF_SOMEBODYS_OWN.has(parsed.range()) && !isLoopback(address) && !isWildcard(address);
}

/** The network an address with a prefix length stands in, CIDR. Null where either is nonsense. */
export function toSubnet(address: string, prefixLength: number): string | null {
  const parsed = parseAddress(address);
  const bits = parsed?.toByteArray();
  if (bits === undefined || !Number.isInteger(prefixLength)) return null;
  if (prefixLength < 0 || prefixLength > bits.length * 8) return null;
  const network = bits.map((byte, index) => byte & ~(0xff >> Math.min(8, Math.max(0, prefixLength - index * 8))));
  return `${ipaddr.fromByteArray(network).toString()}/${prefixLength}`;
}

/** Length of a CIDR's prefix and its family; null where it is none. */
export function parseCidr(cidr: string): { readonly family: Family; readonly prefixLength: number } | null {
  const parsed = toRange(cidr);
  if (parsed === null) return null;
  return { family: parsed[0].kind() === "ipv4" ? 4 : 6, prefixLength: parsed[1] };
}

/** True where two CIDRs share an address. Text that is no CIDR may be anything: true. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [toRange(one), toRange(other)];
  if (a === null || b === null) return true;
  if (a[0].kind() !== b[0].kind()) return false;
  const shorter = Math.min(a[1], b[1]);
  return a[0].match(b[0], shorter);
}

/** True where the first CIDR holds all of the second. Text that is no CIDR holds nothing. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [toRange(outer), toRange(inner)];
  if (a === null || b === null || a[0].kind() !== b[0].kind()) return false;
  return a[1] <= b[1] && b[0].match(a[0], a[1]);
}

/** The same few addresses are asked about again and again, and parsing them is most of a judgement's time. */
const PARSED = new Map<string, ipaddr.IPv4 | ipaddr.IPv6 | null>();
const MOST_PARSED = 10_000;

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const known = PARSED.get(text);
  if (known !== undefined) return known;
  const parsed = parseNewAddress(text);
  if (PARSED.size >= MOST_PARSED) PARSED.clear();
  PARSED.set(text, parsed);
  return parsed;
}

function parseNewAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const [address = ""] = text.split("%", 1);
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return address.includes(":") && ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address) : null;
}

function toRange(cidr: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const slash = cidr.indexOf("/");
  const address = parseAddress(slash === -1 ? cidr : cidr.slice(0, slash));
  if (address === null) return null;
  const longest = address.kind() === "ipv4" ? 32 : 128;
  const prefix = slash === -1 ? String(longest) : cidr.slice(slash + 1);
  const prefixLength = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return prefixLength <= longest ? [address, prefixLength] : null;
}
