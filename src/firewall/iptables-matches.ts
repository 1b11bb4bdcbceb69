import type { AddressFamily } from "./address.ts";
import { parseAddress } from "./address.ts";
import type { Saved } from "./iptables.ts";
import type { Option } from "./iptables-words.ts";
import { toSetMatch } from "./ipset.ts";
import { toMaskedSet } from "./masked-set.ts";
import { parsePortRange, parseProtocol } from "./protocols.ts";
import type { AddressTypeMatch, ConnectionState, Doubt, DoubtReason, Match, PortMatch, Range } from "./rule-set.ts";
import { OPENING, parseTcpFlags, SYN } from "./tcp-flags.ts";
import { parseCidr, toComplement, toSourceSet, type SourceSet } from "./source-set.ts";

/** The conditions of a saved rule: its own (`-s`, `-i`, …) and those of each `-m MODULE`. */
export function toMatches(options: readonly Option[], saved: Saved): readonly Match[] {
  const own: Match[] = [];
  const modules: { name: string; options: Option[] }[] = [];
  for (const option of options) {
    const { name, values } = option;
    if (name === "-m") {
      modules.push({ name: values[0] ?? "", options: [] });
    } else if (name.startsWith("--") && modules.length > 0) {
      modules.at(-1)?.options.push(option);
    } else {
      own.push(...toOwnMatch(option, saved.family));
    }
  }
  return [...own, ...modules.flatMap((module) => toModuleMatches(module.name, module.options, saved))];
}

function toOwnMatch(option: Option, family: AddressFamily): readonly Match[] {
  const { name, negated, values } = option;
  const value = values[0] ?? "";
  switch (name) {
    case "-s":
    case "-d": {
      const addresses = parseMasked(value, family);
      if (addresses === null) return [toUndecidable("not-understood", option)];
      const wanted = negated ? toComplement(addresses) : addresses;
      return name === "-s"
        ? [{ kind: "source", sources: wanted }]
        : [{ kind: "destination", which: "now", addresses: wanted }];
    }
    case "-i":
    case "-o":
      return [{ kind: "interface", which: name === "-i" ? "in" : "out", names: [toInterfaceName(value)], negated }];
    case "-p": {
      if (value === "all" || value === "0") return negated ? [{ kind: "never" }] : [];
      const protocol = parseProtocol(value);
      if (protocol === null) return [toUndecidable("not-understood", option)];
      return [{ kind: "protocol", ranges: [{ first: protocol, last: protocol }], negated }];
    }
    case "-f":
      // Connection tracking puts fragments together before any of these chains; a first packet is none.
      return negated ? [] : [{ kind: "never" }];
    case "-c":
      return [];
    default:
      return [toUndecidable("not-understood", option)];
  }
}

/** `eth0`, or `veth+` for every interface that begins so. */
function toInterfaceName(text: string): { readonly name: string; readonly wildcard: boolean } {
  return text.endsWith("+") ? { name: text.slice(0, -1), wildcard: true } : { name: text, wildcard: false };
}

/** `10.0.0.0/8`, or with a mask that has holes `10.0.0.0/255.0.255.0`, as far as that is not too many blocks. */
function parseMasked(text: string, family: AddressFamily): SourceSet | null {
  const cidr = parseCidr(text);
  if (cidr !== null) return cidr.family === family ? toSourceSet(family, [cidr]) : null;
  const [base, maskText] = text.split("/").map((part) => parseAddress(part));
  if (base?.family !== family || maskText?.family !== family) return null;
  return toMaskedSet(family, base.value & maskText.value, maskText.value);
}

function toModuleMatches(module: string, options: readonly Option[], saved: Saved): readonly Match[] {
  if (Object.hasOwn(WHOLE_MODULES, module)) {
    const doubt = WHOLE_MODULES[module];
    if (doubt === undefined || doubt === "always") return [];
    return doubt === "never" ? [{ kind: "never" }] : [{ kind: "undecidable", doubt: toDoubt(doubt, module, options) }];
  }
  const readAll = Object.hasOwn(JOINT_MODULES, module) ? JOINT_MODULES[module] : undefined;
  if (readAll !== undefined) {
    return readAll(options, saved) ?? [{ kind: "undecidable", doubt: toDoubt("not-understood", module, options) }];
  }
  const read = Object.hasOwn(MODULES, module) ? MODULES[module] : undefined;
  if (read === undefined) return [{ kind: "undecidable", doubt: toDoubt("not-understood", module, options) }];
  return options.flatMap((option): readonly Match[] => {
    const matches = read(option, saved);
    if (matches !== null) return matches;
    const why = module === "set" ? "not-read" : "not-understood";
    return [{ kind: "undecidable", doubt: toDoubt(why, module, [option]) }];
  });
}

/** Modules whose options need not be read to know what they say of the first packet of a TCP connection. */
const WHOLE_MODULES: Readonly<Record<string, DoubtReason | "always" | "never">> = {
  comment: "always",
  limit: "rate",
  hashlimit: "rate",
  connlimit: "rate",
  statistic: "rate",
  quota: "rate",
  rateest: "rate",
  nth: "rate",
  random: "rate",
  connbytes: "rate",
  mac: "sender",
  tos: "sender",
  dscp: "sender",
  ecn: "sender",
  ttl: "sender",
  hl: "sender",
  length: "sender",
  tcpmss: "sender",
  osf: "sender",
  rt: "unusual",
  frag: "unusual",
  hbh: "unusual",
  dst: "unusual",
  ipv6header: "unusual",
  ipv4options: "unusual",
  time: "moment",
  socket: "moment",
  physdev: "not-read",
  // Of other protocols than TCP.
  udp: "never",
  icmp: "never",
  icmp6: "never",
  ipv6icmp: "never",
  sctp: "never",
  dccp: "never",
  esp: "never",
  ah: "never",
  mh: "never",
  udplite: "never",
};

/** What one option of a module says. Null: not understood. */
type ReadOption = (option: Option, saved: Saved) => readonly Match[] | null;

const MODULES: Readonly<Record<string, ReadOption>> = {
  tcp: readTcp,
  multiport: readMultiport,
  conntrack: readConntrack,
  state: readConntrack,
  set: readSet,
  iprange: readAddressRange,
  mark: (option) => readMark(option, "packet"),
  connmark: (option) => readMark(option, "connection"),
  pkttype: readPacketType,
};

/** Modules of which one option changes what another means. */
const JOINT_MODULES: Readonly<Record<string, (options: readonly Option[], saved: Saved) => readonly Match[] | null>> = {
  addrtype: readAddressTypes,
  rpfilter: readReversePath,
  recent: readRecent,
};

function readTcp({ name, negated, values }: Option): readonly Match[] | null {
  switch (name) {
    case "--dport":
    case "--destination-port":
      return toPortMatch("destination", values, negated);
    case "--sport":
    case "--source-port":
      return toPortMatch("source", values, negated);
    case "--syn":
      return [{ kind: "flags", mask: OPENING, value: SYN, negated }];
    case "--tcp-flags": {
      const [mask, value] = values.map(parseTcpFlags);
      if (mask === undefined || mask === null || value === undefined || value === null) return null;
      return [{ kind: "flags", mask, value, negated }];
    }
    default:
      return null;
  }
}

function toPortMatch(which: PortMatch["which"], values: readonly string[], negated: boolean): readonly Match[] | null {
  const ranges: Range[] = [];
  for (const text of (values[0] ?? "").split(",")) {
    const range = parsePortRange(text);
    if (range === null) return null;
    ranges.push(range);
  }
  return [{ kind: "port", which, ranges, negated }];
}

function readMultiport({ name, negated, values }: Option): readonly Match[] | null {
  if (name === "--dports" || name === "--destination-ports") return toPortMatch("destination", values, negated);
  if (name === "--sports" || name === "--source-ports") return toPortMatch("source", values, negated);
  if (name !== "--ports") return null;
  const destination = toPortMatch("destination", values, false);
  const source = toPortMatch("source", values, false);
  return destination === null || source === null ? null : [{ kind: "either", rows: [destination, source], negated }];
}

const STATES: Readonly<Record<string, ConnectionState>> = {
  NEW: "new",
  ESTABLISHED: "established",
  RELATED: "related",
  INVALID: "invalid",
  UNTRACKED: "untracked",
};

function readConntrack({ name, negated, values }: Option, { family }: Saved): readonly Match[] | null {
  const value = values[0] ?? "";
  switch (name) {
    case "--state":
    case "--ctstate":
      return readStates(value.split(","), negated);
    case "--ctstatus": {
      const statuses = value.toLowerCase().split(",");
      return [TRACKED, { kind: "connection-status", statuses, negated }];
    }
    case "--ctproto": {
      const protocol = parseProtocol(value);
      return protocol === null ? null : [{ kind: "protocol", ranges: [{ first: protocol, last: protocol }], negated }];
    }
    case "--ctorigsrc":
    case "--ctorigdst": {
      const addresses = parseMasked(value, family);
      if (addresses === null) return null;
      const wanted = negated ? toComplement(addresses) : addresses;
      return name === "--ctorigsrc"
        ? [TRACKED, { kind: "source", sources: wanted }]
        : [TRACKED, { kind: "destination", which: "original", addresses: wanted }];
    }
    case "--ctorigdstport": {
      const match = toPortMatch("original-destination", values, negated);
      return match === null ? null : [TRACKED, ...match];
    }
    case "--ctdir":
      return value === "ORIGINAL" ? [TRACKED] : value === "REPLY" ? [{ kind: "never" }] : null;
    default:
      return null;
  }
}

/** Of a packet that belongs to no connection nothing of a connection can be asked. */
const TRACKED: Match = {
  kind: "connection-state",
  states: ["new", "established", "related"],
  negated: false,
};

/** `--ctstate` takes two words that are states of address translation, not of the connection. */
function readStates(words: readonly string[], negated: boolean): readonly Match[] | null {
  const states: ConnectionState[] = [];
  const statuses: string[] = [];
  for (const word of words) {
    const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
    if (state !== undefined) states.push(state);
    else if (word === "DNAT" || word === "SNAT") statuses.push(word.toLowerCase());
    else return null;
  }
  const plain: Match = { kind: "connection-state", states, negated: false };
  const translated: Match = { kind: "connection-status", statuses, negated: false };
  if (statuses.length === 0) return [{ ...plain, negated }];
  if (states.length === 0) return [{ ...translated, negated }];
  return [{ kind: "either", rows: [[plain], [translated]], negated }];
}

function readAddressTypes(options: readonly Option[], { family }: Saved): readonly Match[] | null {
  const onInterface = options.some(({ name }) => name === "--limit-iface-in");
  const matches: Match[] = [];
  for (const { name, negated, values } of options) {
    const which = name === "--src-type" ? "source" : name === "--dst-type" ? "destination" : null;
    if (which !== null) {
      const types = (values[0] ?? "").toLowerCase().split(",");
      const match: AddressTypeMatch = { kind: "address-type", which, types, onInterface, negated };
      matches.push(family === 4 ? match : toIpv6Match(match));
    } else if (name !== "--limit-iface-in") {
      return null;
    }
  }
  return matches;
}

/**
 * For IPv6 the module asks other questions (xt_addrtype.c): UNICAST and MULTICAST go by the address alone, so the
 * host's own addresses are unicast too, and they must hold together with whatever else is listed.
 */
function toIpv6Match(match: AddressTypeMatch): Match {
  const routed = match.types.filter((type) => type !== "unicast" && type !== "multicast");
  const multicast: AddressTypeMatch = { ...match, types: ["multicast"], negated: false };
  const row: readonly Match[] = [
    ...(match.types.includes("unicast") ? [{ ...multicast, negated: true }] : []),
    ...(match.types.includes("multicast") ? [multicast] : []),
    ...(routed.length > 0 ? [{ ...match, types: routed, negated: false }] : []),
  ];
  return { kind: "either", rows: [row], negated: match.negated };
}

function readSet({ name, negated, values }: Option, { sets }: Saved): readonly Match[] | null {
  if (name !== "--match-set") return null;
  const match = toSetMatch(sets, values[0] ?? "", (values[1] ?? "").split(","), negated);
  return match === null ? null : [match];
}

function readAddressRange({ name, negated, values }: Option, { family }: Saved): readonly Match[] | null {
  const [firstText = "", lastText = firstText] = (values[0] ?? "").split("-");
  const first = parseAddress(firstText);
  const last = parseAddress(lastText);
  if (first?.family !== family || last?.family !== family) return null;
  const addresses = toSourceSet(family, [{ first: first.value, last: last.value }]);
  const wanted = negated ? toComplement(addresses) : addresses;
  if (name === "--src-range") return [{ kind: "source", sources: wanted }];
  return name === "--dst-range" ? [{ kind: "destination", which: "now", addresses: wanted }] : null;
}

function readMark({ name, negated, values }: Option, which: "packet" | "connection"): readonly Match[] | null {
  const mark = parseMark(values[0] ?? "");
  return name !== "--mark" || mark === null ? null : [{ kind: "mark", which, ...mark, negated }];
}

/** `0x1/0xff`; without a mask all bits count. */
export function parseMark(text: string): { readonly value: number; readonly mask: number } | null {
  const [value, mask = 0xffff_ffff] = text.split("/").map(Number);
  const is32Bits = (number: number | undefined): number is number =>
    number !== undefined && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff;
  return text !== "" && is32Bits(value) && is32Bits(mask) ? { value, mask } : null;
}

function readPacketType({ name, negated, values }: Option): readonly Match[] | null {
  if (name !== "--pkt-type") return null;
  // The kernel takes no connection from a packet that was not sent to its own hardware address.
  return (values[0] === "unicast") === negated ? [{ kind: "never" }] : [];
}

/** Options of rpfilter that do not change what it says of a connection without a mark from outside. */
const PLAIN_REVERSE_PATH: ReadonlySet<string> = new Set(["--validmark", "--accept-local", "--invert", "--loose"]);

function readReversePath(options: readonly Option[]): readonly Match[] | null {
  if (options.some(({ name }) => !PLAIN_REVERSE_PATH.has(name))) return null;
  const has = (wanted: string): boolean => options.some(({ name }) => name === wanted);
  return [{ kind: "reverse-path", loose: has("--loose"), negated: has("--invert") }];
}

function readRecent(options: readonly Option[]): readonly Match[] {
  // Adds the source to the list and always holds.
  if (options.some((option) => option.name === "--set" && !option.negated)) return [];
  const why = options.some((option) => option.name === "--hitcount") ? "rate" : "moment";
  return [{ kind: "undecidable", doubt: toDoubt(why, "recent", options) }];
}

function toUndecidable(why: DoubtReason, option: Option): Match {
  return { kind: "undecidable", doubt: { why, text: formatOption(option) } };
}

function toDoubt(why: DoubtReason, module: string, options: readonly Option[]): Doubt {
  return { why, text: [`-m ${module}`, ...options.map(formatOption)].join(" ").slice(0, 120) };
}

function formatOption({ name, negated, values }: Option): string {
  return [...(negated ? ["!"] : []), name, ...values].join(" ");
}
