import type { Finding, FindingData, RuleId } from "../judge/finding.ts";
import type { Server, ServerVerdict } from "../judge/server.ts";
import type { Why } from "../host/host.ts";

/** The worst of the servers' verdicts; `none` when no model server was found and nothing hid one. */
export type HostVerdict = ServerVerdict | "none";

/** A fact that could not be read, and what to do so that it can. */
export interface Missing {
  /** Name of the fact, for example `firewall`. */
  readonly fact: string;
  readonly why: Why;
  readonly from: string;
  readonly detail: string | null;
}

/** What judging a host comes to, before any words. */
export interface Judgement {
  readonly host: { readonly name: string; readonly os: string | null; readonly kernel: string | null };
  readonly verdict: HostVerdict;
  readonly missing: readonly Missing[];
  readonly servers: readonly Server[];
  readonly findings: readonly Finding[];
}

/** The report document, `portlock.report/1`: the one thing every reporter reads and `--json` prints. */
export interface Report extends Omit<Judgement, "missing" | "findings"> {
  readonly schema: "portlock.report/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  /** ISO 8601, UTC: when the facts were read. */
  readonly recordedAt: string;
  readonly missing: readonly (Missing & { readonly fix: string })[];
  readonly findings: readonly ReportedFinding[];
}

/** A finding with its words in the report's language. */
export type ReportedFinding = Finding & {
  readonly title: string;
  readonly why: string;
  readonly fix: { readonly text: string; readonly command: string | null };
};

/** The words for one rule in one language. */
export interface RuleWords<Id extends RuleId> {
  /** One sentence that is true when the finding is there. */
  title(data: FindingData[Id]): string;
  /** Why it matters, a sentence or two. */
  readonly why: string;
  /** How to mend it: a sentence, and the one command that does it (null: no command can). */
  fix(data: FindingData[Id]): { readonly text: string; readonly command: string | null };
  /** How to check by hand that it is mended. */
  readonly check: string;
  readonly sources: readonly string[];
}
