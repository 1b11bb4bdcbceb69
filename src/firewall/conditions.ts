import type { PacketState } from "./packet-state.ts";
import type { Doubt, DoubtReason, InterfaceMatch, Match, PortMatch, Range } from "./rule-set.ts";
import {
  containsAddress,
  intersectSets,
  isEmpty,
  toComplement,
  toSourceSet,
  uniteSets,
  type Interval,
  type SourceSet,
} from "./source-set.ts";
import { toReversePath, toTypeSet, type Held, type Surroundings } from "./surroundings.ts";
import { OPENING, SYN } from "./tcp-flags.ts";

/** What a condition without sources comes to. */
type Told = boolean | Doubt;

/** Whether a packet in this state meets all conditions of a rule, by source. */
export function decideMatches(matches: readonly Match[], state: PacketState, around: Surroundings): Held {
  let possible = around.whole;
  /** Null as long as nothing is in doubt: the same as `possible`. */
  let sure: SourceSet | null = null;
  let doubt: Doubt | null = null;
  for (const match of matches) {
    const held = decideMatch(match, state, around);
    if (held === around.always) continue;
    if (held.doubt !== null || sure !== null) sure = intersectSets(sure ?? possible, held.sure);
    possible = intersectSets(possible, held.possible);
    if (isEmpty(possible)) return around.never;
    doubt ??= held.doubt;
  }
  return { sure: sure ?? possible, possible, doubt };
}

/** Whether a packet in this state meets one condition, by source. */
function decideMatch(match: Match, state: PacketState, around: Surroundings): Held {
  switch (match.kind) {
    case "source":
      return toSure(match.sources.family === around.family ? match.sources : around.empty);
    case "either":
      return decideEither(match.rows, match.negated, state, around);
    case "reverse-path": {
      const back = toReversePath(around, match.loose);
      if (back === null) return toHeld(toDoubt("not-read", "the routes of this host"), around);
      return toSure(match.negated ? toComplement(back) : back);
    }
    case "address-type":
      return decideAddressType(match, state, around);
    case "destination":
    case "port":
    case "protocol":
    case "family":
    case "interface":
    case "connection-state":
    case "connection-status":
    case "mark":
    case "flags":
    case "never":
    case "undecidable":
      return toHeld(tellMatch(match, state, around), around);
  }
}

function toSure(sources: SourceSet): Held {
  return { sure: sources, possible: sources, doubt: null };
}

function toHeld(told: Told, around: Surroundings): Held {
  if (typeof told === "boolean") return told ? around.always : around.never;
  return { sure: around.empty, possible: around.whole, doubt: told };
}

function decideEither(
  rows: readonly (readonly Match[])[],
  negated: boolean,
  state: PacketState,
  around: Surroundings,
): Held {
  const sure: Interval[] = [];
  const possible: Interval[] = [];
  let doubt: Doubt | null = null;
  for (const row of rows) {
    const held = decideMatches(row, state, around);
    pushAll(possible, held.possible);
    if (held.sure !== held.possible) doubt ??= held.doubt;
    pushAll(sure, held.sure);
  }
  const surely = toSourceSet(around.family, sure);
  const possibly = doubt === null ? surely : toSourceSet(around.family, possible);
  if (!negated) return { sure: surely, possible: possibly, doubt };
  return { sure: toComplement(possibly), possible: toComplement(surely), doubt };
}

function pushAll(intervals: Interval[], set: SourceSet): void {
  for (const [index, first] of set.firsts.entries()) intervals.push({ first, last: set.lasts[index] ?? first });
}

function decideAddressType(
  match: Extract<Match, { kind: "address-type" }>,
  state: PacketState,
  around: Surroundings,
): Held {
  let addresses = around.empty;
  for (const type of match.types) {
    const set = toTypeSet(around, type, match.onInterface);
    if (set === null) return toHeld(toDoubt("not-read", `addresses of type ${type}`), around);
    addresses = uniteSets(addresses, set);
  }
  const wanted = match.negated ? toComplement(addresses) : addresses;
  if (match.which === "source") return toSure(wanted);
  return toHeld(tellAddress(state.destination, wanted), around);
}

function tellMatch(
  match: Exclude<Match, { kind: "source" | "either" | "reverse-path" | "address-type" }>,
  state: PacketState,
  around: Surroundings,
): Told {
  switch (match.kind) {
    case "destination": {
      if (match.addresses.family !== around.family) return false;
      return tellAddress(match.which === "now" ? state.destination : around.destination, match.addresses);
    }
    case "port":
      return tellPort(match, state, around);
    case "protocol":
      return covers(match.ranges, TCP_NUMBER) !== match.negated;
    case "family":
      return match.family === around.family;
    case "interface":
      return tellInterface(match, state);
    case "connection-state": {
      if (state.tracking === "unclear") return toDoubt("moment", "the order of chains at the same priority");
      const now = state.tracking === "before" ? "invalid" : state.tracking;
      return match.states.includes(now) !== match.negated;
    }
    case "connection-status":
      return (match.statuses.includes("dnat") && state.rewritten) !== match.negated;
    case "mark": {
      const mark = match.which === "packet" ? state.mark : state.connectionMark;
      return ((mark & match.mask) >>> 0 === match.value) !== match.negated;
    }
    case "flags":
      return negate(tellFlags(match.mask, match.value), match.negated);
    case "never":
      return false;
    case "undecidable":
      return match.doubt;
  }
}

const TCP_NUMBER = 6;

function tellAddress(address: bigint | null, addresses: SourceSet): Told {
  if (address === null) return toDoubt("not-read", "the destination after it was rewritten");
  return containsAddress(addresses, address);
}

function tellPort(match: PortMatch, state: PacketState, around: Surroundings): Told {
  const { which, ranges, negated } = match;
  if (which === "source") {
    const { sourcePort } = around.entry;
    if (sourcePort !== null) return covers(ranges, sourcePort) !== negated;
    if (coversAllPorts(ranges)) return !negated;
    return toDoubt("sender", "the source port");
  }
  const port = which === "destination" ? state.port : around.entry.destination.port;
  if (port === null) return toDoubt("not-read", "the port after it was rewritten");
  return covers(ranges, port) !== negated;
}

function covers(ranges: readonly Range[], value: number): boolean {
  return ranges.some(({ first, last }) => first <= value && value <= last);
}

/** No connection comes from port 0. */
function coversAllPorts(ranges: readonly Range[]): boolean {
  return ranges.some(({ first, last }) => first <= 1 && last >= 65_535);
}

function tellInterface({ which, names, negated }: InterfaceMatch, state: PacketState): Told {
  const here = which === "in" ? state.inInterface : state.outInterface;
  if (here === null) return toDoubt("not-read", "the interface by which the packet leaves");
  return names.some(({ name, wildcard }) => (wildcard ? here.startsWith(name) : here === name)) !== negated;
}

/** SYN is set, what ends or answers a connection is not; all other flags are the sender's choice. */
function tellFlags(mask: number, value: number): Told {
  const fixed = mask & OPENING;
  if ((SYN & fixed) !== (value & OPENING)) return false;
  if ((value & ~mask) !== 0) return false;
  return fixed === mask ? true : toDoubt("sender", "flags a new connection may or may not bear");
}

function negate(told: Told, negated: boolean): Told {
  return typeof told === "boolean" ? told !== negated : told;
}

function toDoubt(why: DoubtReason, text: string): Doubt {
  return { why, text };
}
