import type { Base, Doubt, Engine, Rule, Table } from "./rule-set.ts";
import type { AddressFamily } from "./address.ts";
import type { SourceSet } from "./source-set.ts";

/** Where a packet of a new TCP connection comes in, and what the host would do with its destination. */
export interface Entry {
  readonly family: AddressFamily;
  readonly inInterface: string;
  /** What the sender wrote into the packet. */
  readonly destination: { readonly address: string; readonly port: number };
  /** Null: the sender chooses. */
  readonly sourcePort: number | null;
  /** Every address of the host, in the order in which its interfaces have them; without prefix lengths. */
  readonly localAddresses: readonly LocalAddress[];
  /** Routes by which packets to others leave, the longest prefix first or not; null: not read. */
  readonly routes: readonly OutRoute[] | null;
  /** Whether packets for others are sent on at all (`ip_forward`, `forwarding`); null: not read. */
  readonly forwards: boolean | null;
  /** Whether `inInterface` takes packets for 127.0.0.0/8 (`route_localnet`); IPv6 never does. */
  readonly routeLocalnet: boolean;
}

export interface LocalAddress {
  readonly address: string;
  readonly interface: string;
}

export interface OutRoute {
  /** CIDR; the default route is `0.0.0.0/0` or `::/0`. */
  readonly destination: string;
  /** Null for a route that refuses (`unreachable`, `blackhole`, `prohibit`). */
  readonly interface: string | null;
}

/**
 * All addresses of the family, each in exactly one part. Admitted: every base chain on the way lets the packet
 * pass. Stopped: one of them drops or rejects it, or the host would not take it on. Undecidable: it depends on
 * something that is not known.
 */
export interface Partition {
  readonly family: AddressFamily;
  readonly admitted: readonly AdmittedPart[];
  readonly stopped: readonly Part[];
  readonly undecidable: readonly UndecidablePart[];
}

/** Sources that share one fate for one reason. */
export interface Part {
  readonly sources: SourceSet;
  readonly by: Decider;
}

export interface AdmittedPart extends Part {
  readonly arrival: Arrival;
}

export interface UndecidablePart extends Part {
  readonly doubt: Doubt;
}

/** Where an admitted packet ends up. */
export interface Arrival {
  /** `input`: a socket of this host; `forward`: another host, or a container. */
  readonly hook: "input" | "forward";
  /** Null: one that could not be told, for example of several to which a rule distributes. */
  readonly address: string | null;
  readonly port: number | null;
  /** The rule that changed the destination. */
  readonly rewrittenBy: Decider | null;
}

/** What decided: a rule, a chain's policy, or, where no chain stood in the way, the host's routing or nothing. */
export type Decider =
  | ChainDecider
  /** The host does not send on packets for others, has no route, or refuses a foreign loopback address. */
  | { readonly kind: "routing"; readonly why: "does-not-forward" | "no-route" | "loopback-from-outside" | "not-read" }
  /** No chain is hooked into the way. */
  | { readonly kind: "no-chain" };

export type ChainDecider =
  | { readonly kind: "rule"; readonly at: ChainPlace; readonly rule: Rule }
  | { readonly kind: "policy"; readonly at: ChainPlace };

export interface ChainPlace {
  readonly engine: Engine;
  readonly table: Pick<Table, "family" | "name">;
  readonly chain: string;
  /** The base chain through which the packet came here. */
  readonly base: Base;
  readonly baseChain: string;
}
