import { gatherFirewall } from "../../src/facts/firewall.ts";
import { readPrintedRules } from "../../src/firewall/read-printed.ts";
import type { RuleSet } from "../../src/firewall/rule-set.ts";
import type { HostReader } from "../../src/host/host.ts";

/** Reads every rule set of a host, as an audit does. Rejects where something could not be read. */
export async function gatherRuleSets(host: HostReader): Promise<readonly RuleSet[]> {
  const firewall = await gatherFirewall(host);
  if (!firewall.ok) throw new Error(`lab: ${firewall.from}: ${firewall.why} ${firewall.detail ?? ""}`);
  const ruleSets = readPrintedRules(firewall.value.printed ?? []);
  if (!ruleSets.ok) throw new Error(`lab: ${ruleSets.from}: ${ruleSets.why} ${ruleSets.detail ?? ""}`);
  return ruleSets.value;
}
