import ipaddr from "ipaddr.js";

/** Whether an address lies in the subnet of another; false for anything that is no plain address. */
export function isInSubnet(address: string, subnet: string, prefixLength: number): boolean {
  const inner = toAddress(address);
  const outer = toAddress(subnet);
  if (inner === null || outer === null || inner.kind() !== outer.kind()) return false;
  const bits = outer.kind() === "ipv4" ? 32 : 128;
  return prefixLength >= 0 && prefixLength <= bits && inner.match(outer, prefixLength);
}

function toAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}
