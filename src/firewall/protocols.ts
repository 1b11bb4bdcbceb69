import type { Range } from "./rule-set.ts";

/** Protocol numbers of IANA by the names that packet filters print. */
const NUMBERS: Readonly<Record<string, number>> = {
  ip: 0,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ipencap: 4,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  ipcomp: 108,
  comp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  mh: 135,
  udplite: 136,
  mptcp: 262,
};

export const TCP: Range = { first: 6, last: 6 };

/** Reads a protocol's name or number. Null: an unknown name. */
export function parseProtocol(text: string): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  return Object.hasOwn(NUMBERS, text) ? (NUMBERS[text] ?? null) : null;
}

/** A port or `first:last` as iptables prints it; either end may be left out. Null: no port. */
export function parsePortRange(text: string): Range | null {
  const range = /^(\d{0,5})(?::(\d{0,5}))?$/.exec(text);
  if (range === null || text === "" || text === ":") return null;
  const first = range[1] === "" ? 0 : Number(range[1]);
  const last = range[2] === undefined ? first : range[2] === "" ? 65_535 : Number(range[2]);
  return first <= last && last <= 65_535 ? { first, last } : null;
}
