import type { Facts } from "../facts/facts.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { Closing } from "./firewall-closing.ts";
import type { InCharge } from "./firewall-in-charge.ts";
import type { RuleEdit } from "./firewall-prediction.ts";
import type { FileText } from "./file-edit.ts";
import type { Remark, Step } from "./plan.ts";

/** One port of one server that is closed by one manager. */
export interface ClosedPort {
  readonly by: InCharge;
  readonly server: string;
  readonly port: number;
  /** Every way that it closes. */
  readonly closings: readonly Closing[];
}

/** What is known where a change is made out of it. */
export interface ChangeSite {
  readonly facts: Facts;
  readonly ruleSets: readonly RuleSet[];
  /** Networks that are to get through, CIDR, each of one spelling. */
  readonly allow: readonly string[];
  readonly texts: ReadonlyMap<string, FileText>;
}

/** What a manager is told, and what the rules come to by it. */
export interface FirewallChange {
  readonly edits: readonly RuleEdit[];
  readonly work: Pick<Step, "folders" | "files" | "commands" | "undo"> & { readonly keeps: readonly string[] };
  readonly remarks: readonly Remark[];
}

export type MadeChange =
  | { readonly kind: "change"; readonly change: FirewallChange }
  | { readonly kind: "needs-files"; readonly paths: readonly string[] }
  | { readonly kind: "unsure"; readonly why: string };

/** The files among these that were not asked for yet. */
export function toUnread(paths: readonly string[], texts: ChangeSite["texts"]): readonly string[] {
  return paths.filter((path) => !texts.has(path));
}
