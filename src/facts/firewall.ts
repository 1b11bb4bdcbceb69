import type { Evidence } from "./evidence.ts";

/**
 * Whether any packet filter is loaded in the reader's network namespace. This says that rules exist, not
 * what they let through.
 */
export interface FirewallPresence {
  readonly ruleSets: readonly RuleSet[];
  /** What was asked and answered "nothing", so that "no firewall" is a claim with a source. */
  readonly evidence: readonly Evidence[];
}

export interface RuleSet {
  readonly engine: "nftables" | "iptables-legacy";
  readonly family: string;
  readonly table: string;
  readonly evidence: Evidence;
}
