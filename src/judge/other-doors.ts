import { parseAddress } from "../firewall/address.ts";
import type { Match, Rule, RuleSet } from "../firewall/rule-set.ts";
import { containsAddress, type SourceSet } from "../firewall/source-set.ts";
import { isLinkLocalV6, isLoopback, toCanonical, toFamily } from "./addresses.ts";
import type { Way } from "./outside-routes.ts";
import type { Route } from "./route.ts";
import type { Outsider } from "./vantages.ts";

/** A place at which packets for a server may come in besides the first. */
export interface OtherDoor {
  readonly door: Route["entry"];
  /** The rule that may send them on, as its engine writes it; empty where the port is the server's own. */
  readonly forwardedBy: string;
}

/** Ports that rules send on are tried one by one; a rule over more than these sends on whole ranges. */
const MOST_PORTS_OF_A_RULE = 16;
const MOST_PORTS = 64;

/**
 * The other places worth asking the rules about: the host's own addresses, one of each kind that the rules tell apart,
 * by the server's port and by every port that a rule sends on to it.
 */
export function toOtherDoors(way: Way, outsider: Outsider, first: Route["entry"]): readonly OtherDoor[] {
  const { filter, bind } = way;
  if (filter.kind === "settled") return [];
  const ports = new Map([[bind.port, ""], ...toForwardedPorts(filter.ruleSets, way)]);
  const addresses = toDistinctAddresses(way, outsider, first.address);
  return [...ports].flatMap(([port, forwardedBy]) =>
    addresses
      .filter((address) => port !== first.port || toCanonical(address) !== toCanonical(first.address))
      .map((address) => ({ door: { address, port }, forwardedBy })),
  );
}

/** Addresses of this host that the outsider can write into a packet, one of each kind, the first's kind first. */
function toDistinctAddresses({ filter }: Way, outsider: Outsider, first: string): readonly string[] {
  if (filter.kind === "settled" || !filter.network.interfaces.ok) return [];
  const { family, from, interface: link } = outsider;
  const isCallable = (address: string, holder: string): boolean => {
    if (toFamily(address) !== family || isLoopback(address)) return false;
    return !isLinkLocalV6(address) || (from.vantage !== "internet" && holder === link?.name);
  };
  const own = filter.network.interfaces.value.flatMap((each) =>
    each.addresses.flatMap(({ address }) => (isCallable(address, each.name) ? [{ address, holder: each.name }] : [])),
  );
  const named = filter.ruleSets.flatMap(toNamedDestinations);
  const kinds = new Map<string, string>();
  const ofFirst = own.find(({ address }) => toCanonical(address) === toCanonical(first));
  for (const { address, holder } of ofFirst === undefined ? own : [ofFirst, ...own]) {
    const value = parseAddress(address)?.value;
    const inSets = value === undefined ? address : named.map((set) => Number(isIn(set, value, family))).join("");
    const kind = `${inSets} ${Number(holder === link?.name)}`;
    if (!kinds.has(kind)) kinds.set(kind, address);
  }
  return [...kinds.values()];
}

function isIn(set: SourceSet, value: bigint, family: number): boolean {
  return set.family === family && containsAddress(set, value);
}

function toNamedDestinations({ tables }: RuleSet): readonly SourceSet[] {
  const named = new Set<SourceSet>();
  for (const rule of listRules(tables)) {
    for (const match of flatten(rule.matches)) if (match.kind === "destination") named.add(match.addresses);
  }
  return [...named];
}

/** Ports that some rule sends on to the server's own port, with that rule. */
function toForwardedPorts(ruleSets: readonly RuleSet[], way: Way): Map<number, string> {
  const ports = new Map<number, string>();
  for (const { action, matches, place } of ruleSets.flatMap(({ tables }) => listRules(tables))) {
    if (action.kind !== "dnat" && action.kind !== "redirect") continue;
    for (const port of listPorts(matches)) {
      if (ports.size < MOST_PORTS && port !== way.bind.port && !way.ownPorts.includes(port))
        ports.set(port, place.text);
    }
  }
  return ports;
}

function listPorts(matches: readonly Match[]): readonly number[] {
  return flatten(matches).flatMap((match) => {
    if (match.kind !== "port" || match.which === "source" || match.negated) return [];
    return match.ranges.flatMap(({ first, last }) =>
      last - first >= MOST_PORTS_OF_A_RULE ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
  });
}

function flatten(matches: readonly Match[]): readonly Match[] {
  return matches.flatMap((match) => (match.kind === "either" ? match.rows.flatMap(flatten) : [match]));
}

function listRules(tables: RuleSet["tables"]): readonly Rule[] {
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}
