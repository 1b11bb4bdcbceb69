/** The one destination port of TCP that a rule names, as iptables or nft writes it; null: none, or several. */
export function portOf(text: string): number | null {
  if (/ -p udp| -p sctp|\budp dport|\bsctp dport/.test(text)) return null;
  const [, port] = / --dport (\d{1,5})(?![\d:])/.exec(text) ?? /\bdport (\d{1,5})(?![\d-])/.exec(text) ?? [];
  return port === undefined ? null : Number(port);
}
