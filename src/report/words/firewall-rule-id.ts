import type { RuleId } from "../../judge/finding.ts";

/** Rules about packet filters and those who manage them, whose words stand in files of their own. */
export type FirewallRuleId = Extract<
  RuleId,
  | "ufw-inactive"
  | "firewalld-unsaved"
  | "rule-managers-fight"
  | "rule-lost-on-reload"
  | "rule-never-reached"
  | "rule-for-one-family"
  | "default-policy-accept"
  | "session-outlives-rule"
>;
