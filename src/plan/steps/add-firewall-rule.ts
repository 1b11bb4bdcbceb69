import type { RuleId } from "../../judge/finding.ts";
import type { ClosedPort, FirewallChange } from "../firewall-change.ts";
import type { Step } from "../plan.ts";

/** Tells one manager of rules to keep everybody from one port but those who are allowed. */
export function addFirewallRule(
  { by, server }: ClosedPort,
  { work, remarks }: FirewallChange,
  mends: readonly RuleId[],
): Step {
  return {
    kind: "add-firewall-rule",
    target: by,
    server,
    mends,
    ...work,
    modes: [],
    expect: [],
    remarks: [...remarks, { code: "old-sessions-survive" }],
  };
}
