import { evaluate } from "./evaluate.ts";
import { parseIptablesSave } from "./iptables.ts";
import { parseIpsetSave } from "./ipset.ts";
import { NO_TEXTS } from "./nft-texts.ts";
import { parseNftRuleset } from "./nftables.ts";
import type { Decider, Entry, Partition } from "./partition.ts";
import type { RuleSet } from "./rule-set.ts";
import { toCidrs, uniteSets, toEmptySet } from "./source-set.ts";

/** The host of these tests: two LANs, a bridge with containers, a way to the internet, and Ollama's port asked for. */
export function toEntry(family: 4 | 6 = 4, changes: Partial<Entry> = {}): Entry {
  const addresses = {
    4: { eth0: "10.77.0.10", eth1: "10.78.0.10", docker0: "172.17.0.1", lo: "127.0.0.1" },
    6: { eth0: "2001:db8:77::10", eth1: "2001:db8:78::10", docker0: "fd00:17::1", lo: "::1" },
  }[family];
  const routes = {
    4: { "10.77.0.0/24": "eth0", "10.78.0.0/24": "eth1", "172.17.0.0/16": "docker0", "0.0.0.0/0": "eth0" },
    6: { "2001:db8:77::/64": "eth0", "2001:db8:78::/64": "eth1", "fd00:17::/64": "docker0", "::/0": "eth0" },
  }[family];
  return {
    family,
    inInterface: "eth0",
    destination: { address: addresses.eth0, port: 11_434 },
    sourcePort: null,
    localAddresses: Object.entries(addresses).map(([name, address]) => ({ address, interface: name })),
    routes: Object.entries(routes).map(([destination, name]) => ({ destination, interface: name })),
    forwards: true,
    routeLocalnet: false,
    ...changes,
  };
}

/** What iptables-save printed, read as that of one engine. */
export function readSaved(
  text: string,
  {
    family = 4,
    engine = "iptables-nft",
    ipsets = "",
  }: { family?: 4 | 6; engine?: "iptables-nft" | "iptables-legacy"; ipsets?: string } = {},
): RuleSet {
  const from = `${family === 4 ? "iptables" : "ip6tables"}${engine === "iptables-legacy" ? "-legacy" : ""}-save`;
  return parseIptablesSave(text, { family, engine, from, sets: parseIpsetSave(ipsets) });
}

/** What `nft -j list ruleset` printed. */
export function readListed(text: string): RuleSet {
  const ruleSet = parseNftRuleset(text, { from: "nft -j list ruleset", skip: new Set(), texts: NO_TEXTS });
  if (ruleSet === null) throw new Error("not what nft prints");
  return ruleSet;
}

/** A partition in words: which sources, by what. */
function describe({ admitted, stopped, undecidable, family }: Partition): Readonly<Record<string, string>> {
  const join = (parts: Partition["stopped"]): string => {
    const all = parts.reduce((sum, { sources }) => uniteSets(sum, sources), toEmptySet(family));
    return toCidrs(all).join(" ");
  };
  return Object.fromEntries(
    Object.entries({ admitted: join(admitted), stopped: join(stopped), undecidable: join(undecidable) }).filter(
      ([, text]) => text !== "",
    ),
  );
}

/** Who decided, as an administrator would name it. */
export function nameDecider(by: Decider): string {
  switch (by.kind) {
    case "rule":
      return by.rule.place.text;
    case "policy":
      return `policy of ${by.at.baseChain}`;
    case "routing":
      return by.why;
    case "no-chain":
      return "nothing";
  }
}

/** Judges rule sets for one entry and says it in words. */
export function judge(ruleSets: readonly RuleSet[], entry: Entry = toEntry()): Readonly<Record<string, string>> {
  return describe(evaluate(ruleSets, entry));
}
