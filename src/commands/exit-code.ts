import type { Severity } from "../judge/finding.ts";
import { SEVERITIES } from "../judge/finding.ts";
import type { Server } from "../judge/server.ts";
import type { Verified } from "../report/proof-lines.ts";
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

/**
 * What a verified host comes to: as its report, but that a connection has the last word. One that is not as expected, or
 * that was served from outside although nobody expected it, is worse than every finding; a verdict that stays unknown
 * only counts where connections have not settled it (`unsettled`).
 */
export function toVerifiedCode({ report, proofs }: Verified, unsettled: readonly Server[], failOn: FailOn): ExitCode {
  const isServed = proofs.proofs.some(
    ({ place, verdict, expected }) => place.kind !== "host" && verdict === "open" && expected !== "open",
  );
  const isHeldBack = proofs.sites.some(({ asked, uploaded }) =>
    [asked?.passesAtOnce, asked?.stopsWithClient, uploaded?.passes, uploaded?.inConstantMemory].some(
      (learned) => learned?.holds === false,
    ),
  );
  const tried = [...proofs.proofs, ...proofs.sites.flatMap(({ tries }) => tries)];
  if (isServed || isHeldBack || tried.some(({ agrees }) => !agrees)) {
    return EXIT.findings;
  }
  const code = toExitCode(report, failOn);
  if (code !== EXIT.unknown) return code;
  // What could not be read may hide another server, or what opens this one.
  const isHidden =
    report.verdict === "unknown" &&
    (report.missing.length > 0 || report.servers.every(({ verdict }) => verdict !== "unknown"));
  return isHidden || unsettled.length > 0 ? EXIT.unknown : EXIT.clear;
}

/** From worst to best: our bug, a wrong command line, findings, not judged, clear. */
const WORST_FIRST: readonly ExitCode[] = [EXIT.bug, EXIT.usage, EXIT.findings, EXIT.unknown, EXIT.clear];

/** The worst of several; clear for none. */
export function toWorst(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.clear;
}
