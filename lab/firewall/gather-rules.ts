import { parseIptablesSave } from "../../src/firewall/iptables.ts";
import { parseIpsetSave } from "../../src/firewall/ipset.ts";
import type { RuleSet } from "../../src/firewall/rule-set.ts";
import { runCommand } from "../command.ts";

/** Reads every rule set of the network namespace this process stands in, as an audit does. */
export async function gatherRuleSets(): Promise<readonly RuleSet[]> {
  const [sets, ...saved] = await Promise.all([
    read("ipset", "save"),
    read("iptables-nft-save"),
    read("ip6tables-nft-save"),
    read("iptables-legacy-save"),
    read("ip6tables-legacy-save"),
  ]);
  return saved.map((text, index) =>
    parseIptablesSave(text, {
      family: index % 2 === 0 ? 4 : 6,
      engine: index < 2 ? "iptables-nft" : "iptables-legacy",
      from: ["iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"][index] ?? "",
      sets: parseIpsetSave(sets ?? ""),
    }),
  );
}

async function read(...argv: readonly string[]): Promise<string> {
  return (await runCommand(argv)).stdout;
}
