import { parseIptablesSave } from "../../src/firewall/iptables.ts";
import { parseIpsetSave } from "../../src/firewall/ipset.ts";
import { parseNftTexts } from "../../src/firewall/nft-texts.ts";
import { parseNftRuleset } from "../../src/firewall/nftables.ts";
import type { RuleSet } from "../../src/firewall/rule-set.ts";
import { runCommand } from "../command.ts";

/** Reads every rule set of the network namespace this process stands in, as an audit does. */
export async function gatherRuleSets(): Promise<readonly RuleSet[]> {
  const [sets = "", listed = "", texts = "", ...saved] = await Promise.all([
    read("ipset", "save"),
    read("nft", "-j", "list", "ruleset"),
    read("nft", "-a", "list", "ruleset"),
    ...SAVERS.map(({ from }) => read(from)),
  ]);
  const known = parseIpsetSave(sets);
  const tables = SAVERS.map((saver, index) => parseIptablesSave(saved[index] ?? "", { ...saver, sets: known }));
  const skip = tables.filter(({ engine }) => engine === "iptables-nft").flatMap((each) => each.tables);
  const native = parseNftRuleset(listed, {
    from: "nft -j list ruleset",
    skip: new Set(skip.map(({ family, name }) => `${family} ${name}`)),
    texts: parseNftTexts(texts),
  });
  if (native === null) throw new Error("lab: nft -j list ruleset printed no rule set");
  return [...tables, native];
}

const SAVERS = [
  { from: "iptables-nft-save", engine: "iptables-nft", family: 4 },
  { from: "ip6tables-nft-save", engine: "iptables-nft", family: 6 },
  { from: "iptables-legacy-save", engine: "iptables-legacy", family: 4 },
  { from: "ip6tables-legacy-save", engine: "iptables-legacy", family: 6 },
] as const;

async function read(...argv: readonly string[]): Promise<string> {
  return (await runCommand(argv)).stdout;
}
