import { parseAddress, type AddressFamily } from "./address.ts";
import type { Arrival, Entry } from "./partition.ts";
import type { Chain, Engine, Hook, InterfaceMatch, Match, Range, Rule, RuleSet, Table } from "./rule-set.ts";
import { findOutInterface, readEntry } from "./surroundings.ts";

/** A packet by which a connection is answered that the rules let in. */
export interface Reply {
  readonly family: AddressFamily;
  /** Where the connection ended up: an answer of this host goes out, one of a container is sent on. */
  readonly hook: "input" | "forward";
  /** The interface it comes in by when it is sent on; null: not known. */
  readonly inInterface: string | null;
  /** The interface it leaves by: the one by which the connection came. */
  readonly outInterface: string;
  /** Port of the server; null: not known. */
  readonly port: number | null;
}

/** A packet of a connection that stands already, from its client to a socket of this host. */
export interface LaterRequest {
  readonly family: AddressFamily;
  readonly inInterface: string;
  /** Port of the server. */
  readonly port: number;
}

/** What may stop such a packet. */
export type ReplyStopper =
  | { readonly kind: "rule"; readonly rule: Rule }
  | { readonly kind: "policy"; readonly from: Engine; readonly chain: string }
  | { readonly kind: "too-complex" };

/** Whether a condition holds. */
type Told = "yes" | "no" | "maybe";

/** A packet of an established connection. Empty interfaces: it has none there; null: not known. */
interface Packet {
  readonly family: AddressFamily;
  readonly hooks: readonly Hook[];
  readonly inInterface: string | null;
  readonly outInterface: string;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

const HOOKS: Readonly<Record<Reply["hook"], readonly Hook[]>> = {
  input: ["output", "postrouting"],
  forward: ["ingress", "prerouting", "forward", "postrouting"],
};
const REQUEST_HOOKS: readonly Hook[] = ["ingress", "prerouting", "input"];
const TCP = 6;
const SYN = 0x02;
const ACK = 0x10;
const DEEPEST = 32;
/** Rules one answer may meet: a set of rules that branches more is not followed to its end. */
const MOST_STEPS = 200_000;

/** The answer to a connection that was let in at an entry. */
export function toReply(entry: Entry, arrival: Arrival): Reply {
  const address = arrival.hook === "forward" && arrival.address !== null ? parseAddress(arrival.address) : null;
  const around = address === null ? null : readEntry(entry);
  const way = around === null || address === null ? null : findOutInterface(around, address.value);
  const inInterface = way === null || way === "none" ? null : way.name;
  return { family: entry.family, hook: arrival.hook, inInterface, outInterface: entry.inInterface, port: arrival.port };
}

/**
 * What may stop the answer to a connection which the rules let in; null where the answer surely passes. An answer
 * belongs to an established connection, so that most rule sets let it pass by their first rule. What a rule asks
 * of the client's address is not told here: it may hold.
 */
export function findReplyStopper(ruleSets: readonly RuleSet[], reply: Reply): ReplyStopper | null {
  const { family, hook, outInterface, port } = reply;
  const inInterface = hook === "forward" ? reply.inInterface : "";
  const ports = { sourcePort: port, destinationPort: null };
  return findStopper(ruleSets, { family, hooks: HOOKS[hook], inInterface, outInterface, ...ports });
}

/**
 * What may stop a packet that belongs to an established connection to this host; null where it surely passes. Whom the
 * rules let begin no connection may well go on with one.
 */
export function findRequestStopper(ruleSets: readonly RuleSet[], request: LaterRequest): ReplyStopper | null {
  const { family, inInterface, port } = request;
  const ports = { sourcePort: null, destinationPort: port };
  return findStopper(ruleSets, { family, hooks: REQUEST_HOOKS, inInterface, outInterface: "", ...ports });
}

function findStopper(ruleSets: readonly RuleSet[], packet: Packet): ReplyStopper | null {
  for (const { engine, tables } of ruleSets) {
    for (const table of tables.filter((each) => isOfFamily(each, packet.family))) {
      for (const chain of table.chains) {
        if (chain.base === null || !packet.hooks.includes(chain.base.hook)) continue;
        if (chain.base.type === "nat") continue; // asked for the first packet of a connection alone
        const chains = new Map(table.chains.map((each) => [each.name, each]));
        const walk: Walk = { packet, chains, steps: 0, hook: chain.base.hook };
        const end = walkChain(walk, chain, 0);
        if (end.stopper !== null) return end.stopper;
        if (end.goesOn && chain.base.policy !== "accept") return { kind: "policy", from: engine, chain: chain.name };
      }
    }
  }
  return null;
}

interface Walk {
  readonly packet: Packet;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly hook: Hook;
  steps: number;
}

interface End {
  /** What may stop the answer, else null. */
  readonly stopper: ReplyStopper | null;
  /** Whether it may come to the end of the chain. */
  readonly goesOn: boolean;
}

const ACCEPTED: End = { stopper: null, goesOn: false };
const PASSED: End = { stopper: null, goesOn: true };

function walkChain(walk: Walk, chain: Chain, depth: number): End {
  if (depth > DEEPEST) return { stopper: { kind: "too-complex" }, goesOn: true };
  for (const rule of chain.rules) {
    walk.steps += 1;
    if (walk.steps > MOST_STEPS) return { stopper: { kind: "too-complex" }, goesOn: true };
    const told = tellAll(rule.matches, walk);
    if (told === "no") continue;
    const end = takeAction(walk, rule, depth);
    if (end === null) continue;
    if (end.stopper !== null) return end;
    if (told === "yes" && (!end.goesOn || rule.action.kind === "return" || rule.action.kind === "goto")) return end;
  }
  return PASSED;
}

/** Null: the next rule follows. */
function takeAction(walk: Walk, rule: Rule, depth: number): End | null {
  const { action } = rule;
  switch (action.kind) {
    case "accept":
      return ACCEPTED;
    case "drop":
    case "reject":
    case "undecidable":
    case "notrack": // its state is not known any more
      return { stopper: { kind: "rule", rule }, goesOn: true };
    case "return":
      return PASSED;
    case "jump":
    case "goto": {
      const target = walk.chains.get(action.chain);
      return target === undefined
        ? { stopper: { kind: "rule", rule }, goesOn: true }
        : walkChain(walk, target, depth + 1);
    }
    case "continue":
    case "dnat":
    case "redirect":
    case "set-mark":
      return null;
  }
}

function tellAll(matches: readonly Match[], walk: Walk): Told {
  let all: Told = "yes";
  for (const match of matches) {
    const told = tell(match, walk);
    if (told === "no") return "no";
    if (told === "maybe") all = "maybe";
  }
  return all;
}

function tell(match: Match, walk: Walk): Told {
  const { packet } = walk;
  switch (match.kind) {
    case "connection-state":
      return toTold(match.states.includes("established"), match.negated);
    case "protocol":
      return toTold(includes(match.ranges, TCP), match.negated);
    case "family":
      return match.family === packet.family ? "yes" : "no";
    case "source":
      return match.sources.family === packet.family ? "maybe" : "no";
    case "destination":
      return match.addresses.family === packet.family ? "maybe" : "no";
    case "interface":
      return tellInterface(match, walk);
    case "port": {
      const { sourcePort, destinationPort } = packet;
      const port = { source: sourcePort, destination: destinationPort, "original-destination": null }[match.which];
      return port === null ? "maybe" : toTold(includes(match.ranges, port), match.negated);
    }
    case "flags":
      // Every packet of an answer bears ACK, and none SYN alone.
      return (match.mask & (SYN | ACK)) === (SYN | ACK) && (match.value & ACK) === 0
        ? toTold(false, match.negated)
        : "maybe";
    case "never":
      return "no";
    case "either":
      return tellEither(match.rows, match.negated, walk);
    case "address-type":
    case "connection-status":
    case "mark":
    case "reverse-path":
      return "maybe";
    case "undecidable":
      // What nobody's plain packet bears, no answer of this host bears either.
      return match.doubt.why === "unusual" ? "no" : "maybe";
  }
}

function tellEither(rows: readonly (readonly Match[])[], negated: boolean, walk: Walk): Told {
  const told = rows.map((row) => tellAll(row, walk));
  if (told.includes("yes")) return toTold(true, negated);
  return told.includes("maybe") ? "maybe" : toTold(false, negated);
}

function tellInterface({ which, names, negated }: InterfaceMatch, { packet, hook }: Walk): Told {
  const here = which === "in" ? packet.inInterface : toOutInterface(packet, hook);
  if (here === null) return "maybe";
  return toTold(
    names.some(({ name, wildcard }) => (wildcard ? here.startsWith(name) : here === name)),
    negated,
  );
}

/** Before the routing decision a packet has no way out yet. */
function toOutInterface({ outInterface }: Packet, hook: Hook): string {
  return hook === "prerouting" || hook === "ingress" ? "" : outInterface;
}

function toTold(holds: boolean, negated: boolean): Told {
  return holds === negated ? "no" : "yes";
}

function includes(ranges: readonly Range[], value: number): boolean {
  return ranges.some(({ first, last }) => first <= value && value <= last);
}

function isOfFamily({ family }: Table, wanted: AddressFamily): boolean {
  if (family === "inet" || family === "netdev") return true;
  return family === (wanted === 4 ? "ip" : "ip6");
}
