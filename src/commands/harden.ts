import { writeFile } from "node:fs/promises";
import type { Journal } from "../apply/journal.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { toJson } from "../report/json.ts";
import { formatPlan } from "../report/plan.ts";
import { toPrintable } from "../report/printable.ts";
import { toReport, type Report } from "../report/report.ts";
import type { TriedConnection, Untried } from "../verify/proofs.ts";
import { applyAndVerify, toBrokenText, type Hardened } from "./apply-and-verify.ts";
import { askYes } from "./ask.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, toExitCode, type ExitCode } from "./exit-code.ts";
import { refuseContradictions, toChoices, type HardenFlags } from "./harden-flags.ts";
import { toTextOptions } from "./page.ts";
import { isSamePlan, readPlanFile } from "./plan-file.ts";
import { judgeHost, planHost, type JudgedHost } from "./plan-host.ts";
import { toProgress, toReadingText, type Progress } from "./progress.ts";

/** All that `harden --json` prints, `portlock.harden/1`. Null: it did not come to that. */
interface HardenDocument {
  readonly schema: "portlock.harden/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly plan: Plan;
  readonly journal: Journal | null;
  readonly proofs: readonly TriedConnection[];
  readonly untried: readonly Untried[];
  /** The host as it was, and as it is after the last step. */
  readonly before: Report;
  readonly after: Report | null;
}

/** Taken back unless it is confirmed in this time, where a firewall is changed over SSH. */
const CONFIRM_SECONDS = 90;

/**
 * `portlock harden`: plans what closes a host, shows it, asks, does it, looks again and connects from outside. Exit
 * code 0 where nothing is open any more, 1 where something is or the change was taken back, 2 where that is not known.
 */
export async function harden(session: Session, flags: HardenFlags): Promise<ExitCode> {
  refuseContradictions(flags);
  const target = flags.host ?? "localhost";
  const progress = toProgress(session.err, session.env);
  const changes = flags.dryRun !== true && flags.plan === undefined;
  if (!changes) {
    const host = await session.openHost(target);
    return planOnly(session, flags, host, progress).finally(() => host.close());
  }
  const host = await session.openWriter(target);
  return change(session, flags, host, progress).finally(() => {
    progress.clear();
    return host.close();
  });
}

async function planOnly(
  session: Session,
  flags: HardenFlags,
  host: Parameters<typeof planHost>[1],
  progress: Progress,
): Promise<ExitCode> {
  const { judged, plan } = await makePlanFor(session, flags, host, progress);
  const report = toReportOf(session, judged);
  if (flags.plan !== undefined) {
    await writePlan(flags.plan, plan);
    if (flags.json !== true) session.err.write(`${session.words.commands.harden.planWritten(flags.plan)}\n`);
  }
  print(session, flags, { plan, journal: null, proofs: [], untried: [], before: report, after: null });
  return toExitCode(report, "high");
}

async function change(session: Session, flags: HardenFlags, host: HostWriter, progress: Progress): Promise<ExitCode> {
  const { judged, plan } = await makePlanFor(session, flags, host, progress);
  const before = toReportOf(session, judged);
  const says = session.words.commands.harden;
  if (flags.json !== true) session.out.write(formatPlan(plan, toTextOptions(session, flags)));
  if (plan.steps.length === 0) {
    printDocument(session, flags, { plan, journal: null, proofs: [], untried: [], before, after: null });
    return toExitCode(before, "high");
  }
  if (flags.yes !== true && !(await consent(session, plan))) {
    session.err.write(`${says.nothingChanged}\n`);
    return EXIT.findings;
  }
  const confirmWithinSeconds = toConfirmation(session, flags, host.target, plan);
  const hardened = await applyAndVerify(session, {
    target: host.target,
    host,
    plan,
    confirmWithinSeconds,
    hear: ({ what, step }) => {
      if (what === "step-begun") progress.say(says.applying(step ?? 0, plan.steps.length));
      if (what === "step-done" && step === plan.steps.length) progress.say(says.verifying);
    },
  });
  progress.clear();
  const after = hardened.after === null ? null : toReportOf(session, hardened.after);
  const { journal, proofs, untried } = hardened;
  printDocument(session, flags, { plan, journal, proofs, untried, before, after });
  if (flags.json !== true) session.out.write(`${toEnd(session, hardened, host.target)}\n`);
  const isKept = journal.state === "applied" || journal.state === "waiting";
  return isKept && after !== null ? toExitCode(after, "high") : EXIT.findings;
}

async function makePlanFor(
  session: Session,
  flags: HardenFlags,
  host: Parameters<typeof planHost>[1],
  progress: Progress,
): Promise<{ readonly judged: JudgedHost; readonly plan: Plan }> {
  const saved = flags.apply === undefined ? null : await readPlanFile(flags.apply);
  const hear = (fact: string): void => progress.say(toReadingText(session, host.target, fact));
  const judged = await judgeHost(session, host, hear);
  const planned = await planHost(session, host, judged, saved?.choices ?? toChoices(flags));
  progress.clear();
  if (planned.kind === "refused") {
    throw new CommandError({ code: "plan-refused", data: session.words.report.plan.refusal(planned.refusal) });
  }
  if (saved !== null && !isSamePlan(saved, planned.plan)) {
    throw new CommandError({ code: "moved-on", data: { file: flags.apply ?? "" } });
  }
  return { judged, plan: planned.plan };
}

async function consent(session: Session, plan: Plan): Promise<boolean> {
  if (!session.canAsk) throw new CommandError({ code: "confirmation-missing", data: null });
  return askYes(session, session.words.commands.harden.ask(plan.host.name));
}

/** Over SSH a rule may cut the very connection by which it could be taken back. */
function toConfirmation(session: Session, flags: HardenFlags, target: string, plan: Plan): number | null {
  if (flags.confirmWithin !== undefined) return flags.confirmWithin === 0 ? null : flags.confirmWithin;
  const isRemote = target !== "localhost" || (session.env["SSH_CONNECTION"] ?? "") !== "";
  return isRemote && plan.steps.some(({ kind }) => kind === "add-firewall-rule") ? CONFIRM_SECONDS : null;
}

function toEnd(session: Session, { journal, broken }: Hardened, target: string): string {
  const says = session.words.commands.harden;
  const failed = journal.events.findLast(({ what }) => what === "step-failed" || what === "undo-step-failed");
  const why = toBrokenText(session, broken) ?? toPrintable(failed?.detail ?? says.noReason, 400);
  const over = target === "localhost" ? "" : ` --host ${target}`;
  switch (journal.state) {
    case "applied":
      return says.applied(`${journal.id}${over}`);
    case "waiting":
      return says.waiting(journal.id, journal.confirmBy ?? "", `portlock confirm ${journal.id}${over}`);
    case "undone":
      return says.takenBack(why);
    default:
      return says.undoFailed(`${journal.id}${over}`, why);
  }
}

function toReportOf(session: Session, { judgement, readAt }: JudgedHost): Report {
  return toReport(judgement, { recordedAt: readAt, version: session.version, words: session.words.report });
}

type DocumentParts = Omit<HardenDocument, "schema" | "tool">;

function print(session: Session, flags: HardenFlags, parts: DocumentParts): void {
  if (flags.json !== true) session.out.write(formatPlan(parts.plan, toTextOptions(session, flags)));
  printDocument(session, flags, parts);
}

function printDocument(session: Session, flags: HardenFlags, parts: DocumentParts): void {
  if (flags.json !== true) return;
  const tool = { name: "portlock", version: session.version } as const;
  const document: HardenDocument = { schema: "portlock.harden/1", tool, ...parts };
  session.out.write(toJson(document));
}

async function writePlan(file: string, plan: Plan): Promise<void> {
  await writeFile(file, toJson(plan), { mode: 0o600 }).catch((error: unknown) => {
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "file-unwritable", data: { file, detail } });
  });
}
