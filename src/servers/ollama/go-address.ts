/**
 * How the Go runtime reads addresses: net.SplitHostPort, net.JoinHostPort, netip.ParseAddr and
 * unicode.IsSpace, result for result. Ollama leans on their exact edges, so ours must have the same ones.
 */
import ipaddr from "ipaddr.js";

/** A literal address as Go reads it; IPv4-mapped IPv6 is unwrapped, as a Go listener unwraps it. */
export interface GoAddress {
  /** Canonical text (RFC 5952 for IPv6) without zone or brackets. */
  readonly text: string;
  readonly family: 4 | 6;
  /** IPv6 zone such as `eth0`; empty where there is none. */
  readonly zone: string;
}

const SPACES = new Set("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000");

/** unicode.IsSpace, for one UTF-16 unit (every space stands in the basic plane). */
export function isGoSpace(unit: string): boolean {
  return SPACES.has(unit) || (unit >= "\u2000" && unit <= "\u200a");
}

/** strings.TrimFunc. A loop, because a regular expression with `+$` is quadratic on hostile values. */
export function trimWhile(text: string, isTrimmed: (unit: string) => boolean): string {
  let start = 0;
  let end = text.length;
  while (start < end && isTrimmed(text.charAt(start))) start += 1;
  while (end > start && isTrimmed(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** net.SplitHostPort. Null where Go returns an error: no port, too many colons, brackets out of place. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string } | null {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return null;
  const port = text.slice(colon + 1);
  if (!text.startsWith("[")) {
    const host = text.slice(0, colon);
    return host.includes(":") || /[[\]]/.test(text) ? null : { host, port };
  }
  const end = text.indexOf("]");
  if (end < 0 || end + 1 !== colon) return null;
  if (text.includes("[", 1) || text.includes("]", end + 1)) return null;
  return { host: text.slice(1, end), port };
}

/** net.JoinHostPort: brackets around whatever holds a colon. */
export function joinHostPort(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** netip.ParseAddr: a literal address with an optional zone. Null where Go would take it for a name. */
export function parseGoAddress(text: string): GoAddress | null {
  const first = /[.:%]/.exec(text)?.[0];
  if (first === ".") {
    const octets = parseOctets(text);
    return octets === null ? null : { text: octets.join("."), family: 4, zone: "" };
  }
  if (first !== ":") return null;
  const percent = text.indexOf("%");
  const zone = percent < 0 ? "" : text.slice(percent + 1);
  if (percent >= 0 && zone === "") return null;
  const groups = parseGroups(percent < 0 ? text : text.slice(0, percent));
  return groups === null ? null : toAddress(groups, zone);
}

function toAddress(groups: readonly number[], zone: string): GoAddress {
  const address = ipaddr.fromByteArray(groups.flatMap((group) => [group >> 8, group & 0xff]));
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return { text: address.toIPv4Address().toString(), family: 4, zone };
  }
  return { text: address.toString(), family: 6, zone };
}

function parseOctets(text: string): readonly number[] | null {
  if (!/^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text)) return null;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

/** The eight groups of an IPv6 literal; its last 32 bits may be written as IPv4. */
function parseGroups(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head = "", tail] = halves;
  const before = head === "" ? [] : parseHalf(head, tail === undefined);
  const after = tail === undefined || tail === "" ? [] : parseHalf(tail, true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function parseHalf(text: string, mayEndInIpv4: boolean): readonly number[] | null {
  const words = text.split(":");
  const groups: number[] = [];
  for (const [index, word] of words.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(word)) {
      groups.push(Number.parseInt(word, 16));
      continue;
    }
    const octets = mayEndInIpv4 && index === words.length - 1 ? parseOctets(word) : null;
    if (octets === null) return null;
    const [a = 0, b = 0, c = 0, d = 0] = octets;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}
