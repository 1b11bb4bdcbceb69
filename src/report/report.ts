import type { Why } from "../host/host.ts";
import { SEVERITIES, type Finding, type FindingData, type FindingOf, type RuleId } from "../judge/finding.ts";
import type { Server, ServerVerdict } from "../judge/server.ts";
import { RULE_NOTES, type RuleNote } from "./rule-notes.ts";
import type { Words } from "./words/words.ts";

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

/** Who read the host: what could not be read is mended by another step for root than for others. */
export interface Reader {
  /** 0 is root; null where it could not be told. */
  readonly uid: number | null;
}

/** What judging a host comes to, before any words. */
export interface Judgement {
  readonly reader: Reader;
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

/** What a finding is about, as far as how to mend it depends on that. */
export interface Subject {
  readonly server: Server | null;
  readonly reader: Reader;
}

/** The words for one rule in one language; commands and sources, the same in every language, are in rule-notes.ts. */
export interface RuleWords<Id extends RuleId> {
  /** What the rule finds, a sentence that needs no data. */
  readonly what: string;
  /** One sentence that is true when the finding is there. */
  title(data: FindingData[Id]): string;
  /** What else there is to say, line by line; `server` is the one it is about. */
  details?(data: FindingData[Id], server: Server | null): readonly string[];
  /** Why it matters, a sentence or two. */
  readonly why: string;
  /** How to mend it. Where a command goes with it, the command is shown below this text. */
  fix(data: FindingData[Id], subject: Subject): string;
  /** How to check by hand that it is mended. */
  readonly check: string;
}

/**
 * A judgement as the report document, its findings worst first and with their words. `recordedAt` is when the
 * facts were read (ISO 8601, UTC), not when they are judged.
 */
export function toReport(
  judgement: Judgement,
  options: { readonly recordedAt: string; readonly version: string; readonly words: Words },
): Report {
  const { words } = options;
  return {
    schema: "portlock.report/1",
    tool: { name: "portlock", version: options.version },
    host: judgement.host,
    reader: judgement.reader,
    recordedAt: options.recordedAt,
    verdict: judgement.verdict,
    missing: judgement.missing.map((missing) => ({
      ...missing,
      fix: words.missingFixes[missing.why](missing, judgement.reader),
    })),
    servers: judgement.servers,
    findings: judgement.findings
      .toSorted(
        (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || toRank(a.rule) - toRank(b.rule),
      )
      .map((finding) => ({
        ...finding,
        ...describe(finding, toSubject(finding, judgement), words),
      })),
  };
}

/** Of equal severity, what opens the server comes before what is wrong with it besides. */
function toRank(rule: RuleId): number {
  return Object.keys(RULE_NOTES).indexOf(rule);
}

function toSubject(finding: Finding, { servers, reader }: Judgement): Subject {
  return { server: servers.find((server) => server.id === finding.server) ?? null, reader };
}

function describe<Id extends RuleId>(
  finding: FindingOf<Id>,
  subject: Subject,
  words: Words,
): Pick<ReportedFinding, "title" | "why" | "fix"> {
  const rule: RuleWords<Id> = words.rules[finding.rule];
  const note: RuleNote<Id> = RULE_NOTES[finding.rule];
  return {
    title: rule.title(finding.data),
    why: rule.why,
    fix: { text: rule.fix(finding.data, subject), command: note.toCommand(finding.data, subject) },
  };
}
