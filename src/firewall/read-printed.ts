import type { PrintedRules } from "../facts/firewall-rules.ts";
import type { Reading } from "../host/host.ts";
import { parseIptablesSave } from "./iptables.ts";
import { parseIpsetSave } from "./ipset.ts";
import { NO_TEXTS, parseNftTexts } from "./nft-texts.ts";
import { parseNftRuleset } from "./nftables.ts";
import type { RuleSet } from "./rule-set.ts";

/**
 * Reads what every engine printed, each rule once: tables that iptables-nft owns are taken from its saver, and only
 * where that could not be run from nft, whose opaque expressions are then in doubt. The reading fails where an
 * engine that may hold rules was not read.
 */
export function readPrintedRules(printed: readonly PrintedRules[]): Reading<readonly RuleSet[]> {
  const sets = parseIpsetSave(toTexts(printed, "ipset-save").join("\n"));
  const ruleSets: RuleSet[] = [];
  const skip = new Set<string>();
  for (const { engine, family, dialect, text } of printed) {
    if (dialect !== "iptables-save" || family === null) continue;
    if (engine !== "iptables-nft" && engine !== "iptables-legacy") continue;
    if (!text.ok) {
      if (engine === "iptables-nft") continue;
      return text;
    }
    const ruleSet = parseIptablesSave(text.value, { family, engine, from: text.from, sets });
    ruleSets.push(ruleSet);
    if (engine === "iptables-nft") for (const table of ruleSet.tables) skip.add(`${table.family} ${table.name}`);
  }
  const texts = toTexts(printed, "nft-text").map(parseNftTexts)[0] ?? NO_TEXTS;
  for (const { dialect, text } of printed) {
    if (dialect !== "nft-json") continue;
    if (!text.ok) return text;
    const ruleSet = parseNftRuleset(text.value, { from: text.from, skip, texts });
    if (ruleSet === null) return { ok: false, why: "unparsed", from: text.from };
    ruleSets.push(ruleSet);
  }
  return { ok: true, value: ruleSets, from: printed.map(({ text }) => text.from).join(", ") };
}

function toTexts(printed: readonly PrintedRules[], dialect: PrintedRules["dialect"]): readonly string[] {
  return printed.flatMap((each) => (each.dialect === dialect && each.text.ok ? [each.text.value] : []));
}
