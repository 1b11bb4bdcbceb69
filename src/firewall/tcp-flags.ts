/** Bits of the TCP header by the names packet filters print; ALL and NONE are iptables' own. */
const BITS: Readonly<Record<string, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ECN: 64,
  CWR: 128,
  ALL: 63,
  NONE: 0,
};

/** What a new connection begins with. */
export const SYN: number = 2;

/** FIN, SYN, RST and ACK: what `--syn` looks at. */
export const OPENING: number = 1 | 2 | 4 | 16;

/** Reads `FIN,SYN,RST,ACK`, in either case. Null: a name that is none. */
export function parseTcpFlags(text: string): number | null {
  let flags = 0;
  for (const name of text.toUpperCase().split(",")) {
    const bit = Object.hasOwn(BITS, name) ? BITS[name] : undefined;
    if (bit === undefined) return null;
    flags |= bit;
  }
  return flags;
}
