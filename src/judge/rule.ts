import type { Facts } from "../facts/facts.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { Reading } from "../host/host.ts";
import type { FindingOf, RuleId } from "./finding.ts";
import type { ProxyWay } from "./proxies/proxy-way.ts";
import type { Server } from "./server.ts";

/**
 * One law about a host. A rule looks at servers whose routes are already judged and adds findings; it never
 * turns a missing fact into silence about an exposure, because exposure is in the verdicts themselves.
 */
export interface Rule<Id extends RuleId = RuleId> {
  readonly id: Id;
  judge(host: JudgedHost): readonly FindingOf<Id>[];
}

/** What a rule sees. */
export interface JudgedHost {
  readonly facts: Facts;
  readonly servers: readonly Server[];
  /** How proxies hand on to them; `server` is the id of one. */
  readonly proxyWays: readonly { readonly server: string; readonly way: ProxyWay }[];
  /** What the packet filters hold: see rule-sets.ts. */
  readonly ruleSets: Reading<readonly RuleSet[]>;
}
