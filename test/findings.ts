import type { Facts } from "../src/facts/facts.ts";
import type { FindingOf, RuleId } from "../src/judge/finding.ts";
import { judge } from "../src/judge/judge.ts";
import { toRuleSets } from "../src/judge/rule-sets.ts";
import type { Rule } from "../src/judge/rule.ts";

/** What one rule finds on a host, whether or not it is among the rules of the report. */
export function findingsOf<Id extends RuleId>(rule: Rule<Id>, facts: Facts): readonly FindingOf<Id>[] {
  return rule.judge({ facts, servers: judge(facts).servers, proxyWays: [], ruleSets: toRuleSets(facts) });
}
