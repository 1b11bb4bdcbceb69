import type { Finding, FindingOf, RuleId } from "../finding.ts";
import { judge } from "../judge.ts";
import type { AHost } from "./a-host.ts";

/** What one rule finds on a host. */
export function findingsOf<Id extends RuleId>({ facts }: AHost, rule: Id): Extract<Finding, FindingOf<Id>>[] {
  return judge(facts).findings.filter((finding): finding is Extract<Finding, FindingOf<Id>> => finding.rule === rule);
}

/** The rules about who can reach a server that speak up on a host, in the order of the report. */
export function exposureRulesOf({ facts }: AHost): string[] {
  const rules: readonly RuleId[] = [
    "open-bind",
    "published-port-open",
    "container-address-open",
    "reached-from-other-interface",
    "loopback-routed-in",
    "browser-page-can-call",
  ];
  return judge(facts).findings.flatMap((finding) => (rules.includes(finding.rule) ? [finding.rule] : []));
}
