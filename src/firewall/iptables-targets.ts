import { parseAddress, type AddressFamily } from "./address.ts";
import { parseMark } from "./iptables-matches.ts";
import type { Option } from "./iptables-words.ts";
import type { Action, DoubtReason, MarkAction, Range } from "./rule-set.ts";
import { toSourceSet } from "./source-set.ts";

const ALL_BITS = 0xffff_ffff;

/** Targets that let the next rule follow and do nothing a later rule could see. */
const PASSING: ReadonlySet<string> = new Set([
  "AUDIT",
  "CHECKSUM",
  "CLASSIFY",
  "CONNSECMARK",
  "DSCP",
  "ECN",
  "HL",
  "IDLETIMER",
  "LED",
  "LOG",
  "NFLOG",
  "RATEEST",
  "SECMARK",
  "SET",
  "TCPMSS",
  "TCPOPTSTRIP",
  "TEE",
  "TOS",
  "TRACE",
  "TTL",
  "ULOG",
]);

/**
 * What a saved rule does: its `-j` or `-g` and the options after it. A rule without a target counts packets and
 * lets the next one follow. A target that is neither known nor a chain of the table is undecidable.
 */
export function toAction(
  options: readonly Option[],
  chains: ReadonlyMap<string, unknown>,
  family: AddressFamily,
): Action {
  const [head, ...others] = options;
  if (head === undefined) return { kind: "continue" };
  const target = head.values[0] ?? "";
  if (head.name === "-g") return { kind: "goto", chain: target };
  // A chain may not bear the name of a target, so the chains of the table are asked first.
  if (chains.has(target)) return { kind: "jump", chain: target };
  if (PASSING.has(target)) return { kind: "continue" };
  return toKnownAction(target, others, family) ?? toUndecidableAction("not-understood", target, others);
}

function toKnownAction(target: string, options: readonly Option[], family: AddressFamily): Action | null {
  switch (target) {
    case "ACCEPT":
      return { kind: "accept" };
    case "DROP":
      return { kind: "drop" };
    case "REJECT":
    case "TARPIT":
      return { kind: "reject" };
    case "RETURN":
      return { kind: "return" };
    // Changes only the source, and only once the packet was let through.
    case "MASQUERADE":
    case "SNAT":
      return { kind: "accept" };
    case "NOTRACK":
      return { kind: "notrack" };
    case "CT":
      return options.some(({ name }) => name === "--notrack") ? { kind: "notrack" } : { kind: "continue" };
    case "MARK":
      return toMark("packet", options);
    case "CONNMARK":
      return toMark("connection", options);
    case "DNAT":
      return toDnat(options, family);
    case "REDIRECT":
      return toRedirect(options);
    case "NFQUEUE":
    case "QUEUE":
    case "TPROXY":
    case "SYNPROXY":
      return toUndecidableAction("moment", target, options);
    default:
      return null;
  }
}

function toUndecidableAction(why: DoubtReason, target: string, options: readonly Option[]): Action {
  const text = [`-j ${target}`, ...options.map(({ name, values }) => [name, ...values].join(" "))].join(" ");
  return { kind: "undecidable", doubt: { why, text: text.slice(0, 120) } };
}

/** Every way to set a mark is saved as `--set-xmark VALUE/MASK`; older savers wrote `--set-mark`. */
function toMark(which: "packet" | "connection", options: readonly Option[]): MarkAction | null {
  const find = (wanted: string): string | undefined =>
    options.find(({ name }) => name === wanted)?.values[0] ??
    (options.some(({ name }) => name === wanted) ? "" : undefined);
  const flipped = parseMark(find("--set-xmark") ?? "");
  if (flipped !== null) return { kind: "set-mark", which, clear: flipped.mask, flip: flipped.value, copied: 0 };
  const set = parseMark(find("--set-mark") ?? "");
  if (set !== null) {
    return { kind: "set-mark", which, clear: (set.value | set.mask) >>> 0, flip: set.value, copied: 0 };
  }
  const both = toMask(find("--mask"));
  const packetMask = toMask(find("--nfmask"), both ?? ALL_BITS);
  const connectionMask = toMask(find("--ctmask"), both ?? ALL_BITS);
  if (packetMask === null || connectionMask === null) return null;
  if (find("--save-mark") !== undefined) {
    return { kind: "set-mark", which: "connection", clear: connectionMask, flip: 0, copied: packetMask };
  }
  if (find("--restore-mark") !== undefined) {
    return { kind: "set-mark", which: "packet", clear: packetMask, flip: 0, copied: connectionMask };
  }
  return null;
}

function toMask(text: string | undefined, otherwise: number | null = null): number | null {
  return text === undefined ? otherwise : (parseMark(text)?.value ?? null);
}

/** `--to-destination 10.0.0.1-10.0.0.9:80-90`, `[2001:db8::1]:80`, or a port alone. */
function toDnat(options: readonly Option[], family: AddressFamily): Action | null {
  const to = options.find(({ name }) => name === "--to-destination")?.values[0];
  if (to === undefined) return null;
  const parts = /^(?:\[([^\]]*)\]|([^[\]]*?))(?::(\d{1,5})(?:-(\d{1,5}))?(?:\/\d+)?)?$/;
  // An IPv6 address without brackets has no port behind it.
  const found = family === 6 && !to.includes("[") ? [to, to] : parts.exec(to);
  if (found === null) return null;
  const [, bracketed, bare, firstPort, lastPort] = found;
  const addressText = bracketed ?? bare ?? "";
  const port = toPort(firstPort, lastPort);
  if (addressText === "") return port === null ? null : { kind: "dnat", address: null, port };
  const [first, last] = addressText.split("-").map((text) => parseAddress(text));
  const end = last === undefined ? first : last;
  if (first?.family !== family || end?.family !== family) return null;
  const address = toSourceSet(family, [{ first: first.value, last: end.value }]);
  return { kind: "dnat", address, port };
}

function toPort(first: string | undefined, last: string | undefined): Range | null {
  if (first === undefined) return null;
  return { first: Number(first), last: Number(last ?? first) };
}

function toRedirect(options: readonly Option[]): Action | null {
  const ports = options.find(({ name }) => name === "--to-ports")?.values[0];
  if (ports === undefined) return { kind: "redirect", address: null, port: null };
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(ports);
  return range === null ? null : { kind: "redirect", address: null, port: toPort(range[1], range[2]) };
}
