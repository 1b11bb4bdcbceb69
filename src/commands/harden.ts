import { refuseUnfinished } from "../apply/read-history.ts";
import { mustBeRoot } from "../apply/state-folder.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { toJson } from "../report/json.ts";
import { toOwnCommand } from "../report/own-command.ts";
import { formatPlan } from "../report/plan.ts";
import { formatProofs } from "../report/proofs.ts";
import type { Report } from "../report/report.ts";
import { applyAndVerify, type Hardened } from "./apply-and-verify.ts";
import { askYes } from "./ask.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, toExitCode, type ExitCode } from "./exit-code.ts";
import { refuseContradictions, toChoices, type HardenFlags } from "./harden-flags.ts";
import { toEnd, toHardenDocument, toReportOf } from "./harden-outcome.ts";
import { toTextOptions } from "./page.ts";
import { isSamePlan, readPlanFile } from "./plan-file.ts";
import { judgeHost, planHost, type JudgedHost } from "./plan-host.ts";
import { toProgress, toReadingText, type Progress } from "./progress.ts";
import { writeWhole } from "./write-file.ts";

/** Taken back unless it is confirmed in this time, where a firewall is changed while SSH sessions stand open. */
const CONFIRM_SECONDS = 90;

/**
 * `portlock harden`: plans what closes a host, shows it, asks, does it, looks again and connects from outside. Exit
 * code 0 where nothing is open any more, 1 where something is or the change was taken back, 2 where that is not known.
 */
export async function harden(session: Session, flags: HardenFlags): Promise<ExitCode> {
  refuseContradictions(flags);
  const target = flags.host ?? "localhost";
  const progress = toProgress(session.err, session.env);
  // Who only plans is not handed what could change the host.
  const onlyPlans = flags.dryRun === true || flags.plan !== undefined;
  const writer = onlyPlans ? null : await session.openWriter(target);
  const host = writer ?? (await session.openHost(target));
  try {
    if (writer !== null) {
      await mustBeRoot(writer);
      await refuseUnfinished(writer);
    }
    const planned = await makePlanFor(session, flags, host, progress);
    return writer === null
      ? await showPlan(session, flags, planned)
      : await change(session, flags, writer, planned, progress);
  } finally {
    progress.clear();
    await host.close();
  }
}

interface PlannedHost {
  readonly judged: JudgedHost;
  readonly plan: Plan;
}

async function makePlanFor(
  session: Session,
  flags: HardenFlags,
  host: HostReader,
  progress: Progress,
): Promise<PlannedHost> {
  const saved = flags.apply === undefined ? null : await readPlanFile(flags.apply);
  const hear = (fact: string): void => progress.say(toReadingText(session, host.target, fact));
  const judged = await judgeHost(session, host, hear);
  const planned = await planHost(session, host, judged, saved?.choices ?? toChoices(flags));
  progress.clear();
  if (planned.kind === "refused") {
    throw new CommandError({
      code: "plan-refused",
      data: session.words.report.plan.refusal(planned.refusal, toOwnCommand(host.target)),
    });
  }
  if (saved !== null && !isSamePlan(saved, planned.plan)) {
    throw new CommandError({ code: "moved-on", data: { file: flags.apply ?? "", madeBy: ["harden"] } });
  }
  return { judged, plan: planned.plan };
}

async function showPlan(session: Session, flags: HardenFlags, { judged, plan }: PlannedHost): Promise<ExitCode> {
  const report = toReportOf(session, judged);
  if (flags.plan !== undefined) {
    await writeWhole(flags.plan, toJson(plan), true);
    const apply = toOwnCommand(flags.host ?? "localhost")("harden", "--apply", flags.plan);
    session.err.write(`${session.words.commands.harden.planWritten(flags.plan, apply)}\n`);
  }
  if (flags.json === true) session.out.write(toHardenDocument(session, plan, report, null));
  else session.out.write(formatPlan(plan, toTextOptions(session, flags, flags.host)));
  return toExitCode(report, "high");
}

async function change(
  session: Session,
  flags: HardenFlags,
  host: HostWriter,
  { judged, plan }: PlannedHost,
  progress: Progress,
): Promise<ExitCode> {
  const before = toReportOf(session, judged);
  if (flags.json !== true) session.out.write(formatPlan(plan, toTextOptions(session, flags, flags.host)));
  if (plan.steps.length === 0) {
    if (flags.json === true) session.out.write(toHardenDocument(session, plan, before, null));
    return toExitCode(before, "high");
  }
  if (flags.yes !== true && !(await consent(session, plan))) {
    session.err.write(`${session.words.commands.harden.nothingChanged}\n`);
    return EXIT.findings;
  }
  const confirmWithinSeconds = toConfirmation(session, flags, host.target, judged, plan);
  const hear = toListener(session, progress, plan.steps.length);
  session.onStop(session.words.commands.harden.interrupted(toOwnCommand(host.target)("history")));
  const hardened = await applyAndVerify(session, { host, plan, confirmWithinSeconds, hear });
  session.onStop(null);
  progress.clear();
  if (flags.json === true) session.out.write(toHardenDocument(session, plan, before, hardened));
  else session.out.write(toText(session, flags, hardened, host.target));
  const isKept = hardened.journal.state === "applied" || hardened.journal.state === "waiting";
  return isKept && hardened.seen !== null
    ? toExitCode(toReportOf(session, hardened.seen.after), "high")
    : EXIT.findings;
}

async function consent(session: Session, plan: Plan): Promise<boolean> {
  if (!session.canAsk) throw new CommandError({ code: "confirmation-missing", data: null });
  return askYes(session, session.words.commands.harden.ask(plan.host.name));
}

function toListener(session: Session, progress: Progress, steps: number): Parameters<typeof applyAndVerify>[1]["hear"] {
  const says = session.words.commands.harden;
  return ({ what, step }) => {
    if (what === "step-begun") progress.say(says.applying(step ?? 0, steps));
    if (what === "step-done" && step === steps) progress.say(says.verifying);
  };
}

/** Over SSH a rule may cut the very connection by which it could be taken back. */
function toConfirmation(
  session: Session,
  flags: HardenFlags,
  target: string,
  { operators }: JudgedHost,
  plan: Plan,
): number | null {
  if (flags.confirmWithin !== undefined) return flags.confirmWithin === 0 ? null : flags.confirmWithin;
  const isOverSsh = target !== "localhost" || operators.length > 0 || (session.env["SSH_CONNECTION"] ?? "") !== "";
  return isOverSsh && plan.steps.some(({ kind }) => kind === "add-firewall-rule") ? CONFIRM_SECONDS : null;
}

/** A line about what makes the exit code 1 where nobody gets in any more. */
function toStillFound({ words }: Session, { findings }: Report): string {
  const rules = findings
    .filter(({ severity }) => severity === "critical" || severity === "high")
    .map(({ rule }) => rule);
  return rules.length === 0 ? "" : `${words.commands.harden.stillFound([...new Set(rules)])}\n`;
}

function toText(session: Session, flags: HardenFlags, hardened: Hardened, target: string): string {
  const { seen } = hardened;
  const end = `${toEnd(session, hardened, target)}\n`;
  if (seen === null) return `\n${end}`;
  const exposures = seen.exposures.map((each) => `${session.words.commands.harden.exposure(each)}\n`).join("");
  const report = toReportOf(session, seen.after);
  const proofs = formatProofs({ report, proofs: seen.proofs }, toTextOptions(session, flags, flags.host));
  return `\n${proofs}\n${exposures}${toStillFound(session, report)}${end}`;
}
