import type { FirewallPresence } from "../../facts/firewall.ts";
import type { PrintedRules } from "../../facts/firewall-rules.ts";
import type { Reading } from "../../host/host.ts";

/** The firewall of a host that holds these rules, for `AHost.with`. */
export function behind(...printed: readonly PrintedRules[]): { readonly firewall: Reading<FirewallPresence> } {
  const evidence = { from: "nft -j list tables", text: "table ip filter" };
  const ruleSets = [{ engine: "nftables", family: "ip", table: "filter", evidence } as const];
  return { firewall: { ok: true, from: "nft -j list tables", value: { ruleSets, printed, evidence: [] } } };
}

/** The rules of one table `filter` and one `nat`, as iptables-nft-save prints them. */
export function saved(input: readonly string[], nat: readonly string[] = [], policy = "ACCEPT"): PrintedRules {
  const filter = ["*filter", `:INPUT ${policy} [0:0]`, ":FORWARD ACCEPT [0:0]", ...input.map((rule) => `-A ${rule}`)];
  const rewriting = ["*nat", ":PREROUTING ACCEPT [0:0]", ...nat.map((rule) => `-A ${rule}`), "COMMIT"];
  const text = [...filter, "COMMIT", ...rewriting, ""].join("\n");
  const from = "iptables-nft-save";
  return { engine: "iptables-nft", dialect: "iptables-save", family: 4, text: { ok: true, value: text, from } };
}
