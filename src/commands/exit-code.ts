import type { Severity } from "../judge/finding.ts";
import { SEVERITIES } from "../judge/finding.ts";
import type { Report } from "../report/report.ts";

/** What a command comes to. 130 after SIGINT is the shell's own, and not given by a command. */
export const EXIT = { clear: 0, findings: 1, unknown: 2, bug: 3, usage: 64 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The mildest severity that makes an audit fail; `never` leaves only "could not judge". */
export type FailOn = Exclude<Severity, "info"> | "never";

export const FAIL_ON: readonly FailOn[] = ["critical", "high", "medium", "low", "never"];

/**
 * What one report comes to. An exposed server counts as high even where no rule speaks of it, because the
 * exposure is in its verdict; a finding outranks an unknown verdict, for nothing can talk it away.
 */
export function toExitCode(report: Report, failOn: FailOn): ExitCode {
  if (failOn !== "never") {
    const limit = SEVERITIES.indexOf(failOn);
    const exposed = report.verdict === "exposed" && limit >= SEVERITIES.indexOf("high");
    if (exposed || report.findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= limit)) return EXIT.findings;
  }
  const unknown = report.verdict === "unknown" || report.servers.some(({ verdict }) => verdict === "unknown");
  return unknown ? EXIT.unknown : EXIT.clear;
}

/** From worst to best: our bug, a wrong command line, findings, not judged, clear. */
const WORST_FIRST: readonly ExitCode[] = [EXIT.bug, EXIT.usage, EXIT.findings, EXIT.unknown, EXIT.clear];

/** The worst of several; clear for none. */
export function toWorst(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.clear;
}
