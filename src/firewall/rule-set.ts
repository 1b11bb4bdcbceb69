import type { AddressFamily } from "./address.ts";
import type { SourceSet } from "./source-set.ts";

/**
 * The one form into which every packet filter is read: ufw, firewalld and Docker are users of these engines, so
 * their rules stand here as the kernel has them. One rule set is what one command printed.
 */
export interface RuleSet {
  readonly engine: Engine;
  readonly tables: readonly Table[];
}

export type Engine = "iptables-nft" | "iptables-legacy" | "nftables";

export interface Table {
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: readonly Chain[];
}

/** `other`: bridge and arp, which see no routed packet of ours. */
export type TableFamily = "ip" | "ip6" | "inet" | "netdev" | "other";

export interface Chain {
  readonly name: string;
  /** Null for a chain that is only jumped to. */
  readonly base: Base | null;
  readonly rules: readonly Rule[];
}

/** Where a base chain is hooked into the way of a packet. */
export interface Base {
  readonly type: "filter" | "nat" | "route";
  readonly hook: Hook;
  /** Lower comes first: raw -300, connection tracking -200, mangle -150, dstnat -100, filter 0, security 50. */
  readonly priority: number;
  /** Null: could not be read. */
  readonly policy: "accept" | "drop" | null;
  /** Interfaces of an ingress chain, empty elsewhere; null where they were not printed. */
  readonly devices: readonly string[] | null;
}

export type Hook = "ingress" | "prerouting" | "input" | "forward" | "output" | "postrouting";

/** Matches are tried in order, all must hold; then the action is taken. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly action: Action;
  readonly place: Place;
}

/** Where a rule stands, so that an administrator finds it again. */
export interface Place {
  /** The command that printed it, for example `iptables-save`. */
  readonly from: string;
  /** Line of that command's output, 1-based; null where it has none (JSON). */
  readonly line: number | null;
  /** Handle of nftables, as `nft -a list ruleset` prints it; null elsewhere. */
  readonly handle: number | null;
  /** The rule as its engine writes it, at most `TEXT_LIMIT` characters. */
  readonly text: string;
}

/** Longest text of a rule that is kept. */
export const TEXT_LIMIT: number = 240;

/** One condition of a rule: it narrows the sources, tests what is known of the packet, or cannot be decided. */
export type Match =
  | SourceMatch
  | DestinationMatch
  | PortMatch
  | ProtocolMatch
  | FamilyMatch
  | InterfaceMatch
  | ConnectionStateMatch
  | ConnectionStatusMatch
  | AddressTypeMatch
  | ReversePathMatch
  | MarkMatch
  | FlagsMatch
  | EitherMatch
  | NeverMatch
  | UndecidableMatch;

/** The packet's source is in the set (a negation is already its complement). Never matches the other family. */
export interface SourceMatch {
  readonly kind: "source";
  readonly sources: SourceSet;
}

/** The destination as it is now, or as the sender wrote it before any rewriting. */
export interface DestinationMatch {
  readonly kind: "destination";
  readonly which: "now" | "original";
  readonly addresses: SourceSet;
}

export interface PortMatch {
  readonly kind: "port";
  readonly which: "destination" | "original-destination" | "source";
  readonly ranges: readonly Range[];
  readonly negated: boolean;
}

/** Both ends belong to it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Protocol numbers; 6 is TCP. */
export interface ProtocolMatch {
  readonly kind: "protocol";
  readonly ranges: readonly Range[];
  readonly negated: boolean;
}

export interface FamilyMatch {
  readonly kind: "family";
  readonly family: AddressFamily;
}

/** Names; one that ends in `wildcard` stands for every name that begins so. */
export interface InterfaceMatch {
  readonly kind: "interface";
  readonly which: "in" | "out";
  readonly names: readonly InterfaceName[];
  readonly negated: boolean;
}

export interface InterfaceName {
  readonly name: string;
  readonly wildcard: boolean;
}

export type ConnectionState = "new" | "established" | "related" | "invalid" | "untracked";

export interface ConnectionStateMatch {
  readonly kind: "connection-state";
  readonly states: readonly ConnectionState[];
  readonly negated: boolean;
}

/** Status bits of the connection: of a new one only `dnat` (and for iptables the state DNAT) can be set. */
export interface ConnectionStatusMatch {
  readonly kind: "connection-status";
  readonly statuses: readonly string[];
  readonly negated: boolean;
}

/** What the routing table says of an address: `local`, `unicast`, `broadcast`, `multicast`, … in lower case. */
export interface AddressTypeMatch {
  readonly kind: "address-type";
  readonly which: "source" | "destination";
  readonly types: readonly string[];
  /** Only addresses of the interface the packet comes in by count as local. */
  readonly onInterface: boolean;
  readonly negated: boolean;
}

/** The way back to the source leads through the interface the packet comes in by. */
export interface ReversePathMatch {
  readonly kind: "reverse-path";
  /** Any interface will do. */
  readonly loose: boolean;
  readonly negated: boolean;
}

/** `(mark & mask) == value`, as unsigned 32-bit numbers. */
export interface MarkMatch {
  readonly kind: "mark";
  readonly which: "packet" | "connection";
  readonly mask: number;
  readonly value: number;
  readonly negated: boolean;
}

/** `(flags & mask) == value` of the TCP header; a new connection begins with SYN alone. */
export interface FlagsMatch {
  readonly kind: "flags";
  readonly mask: number;
  readonly value: number;
  readonly negated: boolean;
}

/** One of the rows holds as a whole: sets over several fields, lists of states and marks. */
export interface EitherMatch {
  readonly kind: "either";
  readonly rows: readonly (readonly Match[])[];
  readonly negated: boolean;
}

export interface NeverMatch {
  readonly kind: "never";
}

/** May hold and may not. */
export interface UndecidableMatch {
  readonly kind: "undecidable";
  readonly doubt: Doubt;
}

/** Why a condition or a verdict cannot be told. */
export interface Doubt {
  readonly why: DoubtReason;
  /** The part of the rule that is in doubt, as its engine writes it. */
  readonly text: string;
}

export type DoubtReason =
  /** A limit on the rate: the first connections pass, too many do not. */
  | "rate"
  /** The sender decides, by what it writes into the packet: source port, hardware address, options. */
  | "sender"
  /** The sender would have to add it: extension headers, options. A plain connection does not have it. */
  | "unusual"
  /** It depends on what the host holds at that moment: time of day, owner of a socket, a program asked by a queue. */
  | "moment"
  /** An expression that is not known here, or was printed without its parameters. */
  | "not-understood"
  /** Known, but what it tests was not read: the contents of a set, the route of a packet. */
  | "not-read"
  /** The rules branch more often than is followed. */
  | "too-complex";

/** What a rule does with a packet that matches. */
export type Action =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  | { readonly kind: "reject" }
  | { readonly kind: "return" }
  /** Counts, logs, or does something to the packet that no rule can see: the next rule follows. */
  | { readonly kind: "continue" }
  | { readonly kind: "jump"; readonly chain: string }
  | { readonly kind: "goto"; readonly chain: string }
  | RewriteAction
  | MarkAction
  | { readonly kind: "notrack" }
  /** Ends the chain or not, one way or the other. */
  | { readonly kind: "undecidable"; readonly doubt: Doubt };

/** Changes the destination. Address null: unchanged (`dnat`), or the address of the interface (`redirect`). */
export interface RewriteAction {
  readonly kind: "dnat" | "redirect";
  readonly address: SourceSet | null;
  readonly port: Range | null;
}

/** `mark = (mark & ~clear) ^ flip ^ (other mark & copied)`, as unsigned 32-bit numbers. */
export interface MarkAction {
  readonly kind: "set-mark";
  readonly which: "packet" | "connection";
  readonly clear: number;
  readonly flip: number;
  /** Bits taken from the other of the two marks. */
  readonly copied: number;
}
