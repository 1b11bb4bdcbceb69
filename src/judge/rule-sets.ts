import type { Facts } from "../facts/facts.ts";
import { readPrintedRules } from "../firewall/read-printed.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { Reading } from "../host/host.ts";

/**
 * Everything the packet filters of the host hold, in the one form in which it is judged; empty where every engine
 * answered that it holds nothing. Fails where an engine that may hold rules was not read.
 */
export function toRuleSets({ firewall }: Facts): Reading<readonly RuleSet[]> {
  if (!firewall.ok) return firewall;
  const { ruleSets, printed } = firewall.value;
  if (ruleSets.length === 0) return { ok: true, from: firewall.from, value: [] };
  // As recorded by a version that only asked whether there are rules.
  if (printed === undefined) return { ok: false, why: "absent", from: firewall.from, detail: "recorded without rules" };
  return readPrintedRules(printed);
}
