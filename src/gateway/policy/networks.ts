import ipaddr from "ipaddr.js";

/** Whether an address lies in one of the networks; false for whatever is not a plain address or not a network. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const peer = toAddress(address);
  return peer !== null && networks.some((network) => isInNetwork(peer, network));
}

function isInNetwork(peer: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const written = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network);
  const base = toAddress(written?.[1] ?? "");
  if (base === null || base.kind() !== peer.kind()) return false;
  const bits = base.kind() === "ipv4" ? 32 : 128;
  const prefix = written?.[2] === undefined ? bits : Number(written[2]);
  return prefix <= bits && peer.match(base, prefix);
}

/** An IPv4 address in its IPv6 form is the IPv4 address, on both sides alike. */
function toAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
