import { refuseUnfinished } from "../apply/read-history.ts";
import { mustBeRoot } from "../apply/state-folder.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import type { ProxyKind } from "../proxy/site.ts";
import { toJson } from "../report/json.ts";
import { formatPlan } from "../report/plan.ts";
import { applyProxy, type ProxyAccess, type ProxyOutcome } from "./apply-proxy.ts";
import { askYes } from "./ask.ts";
import { toOwnCommand } from "../report/own-command.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toTextOptions } from "./page.ts";
import { isSamePlan, readProxyPlanFile } from "./plan-file.ts";
import { judgeHost, type JudgedHost } from "./plan-host.ts";
import { planProxy } from "./plan-proxy.ts";
import { printConfiguration } from "./print-configuration.ts";
import { toProgress, toReadingText, type Progress } from "./progress.ts";
import { refuseProxyContradictions, toProxyChoices, type ProxyFlags } from "./proxy-flags.ts";
import { toOutcomeText, toProxyDocument } from "./proxy-outcome.ts";
import { writeWhole } from "./write-file.ts";

/**
 * `portlock proxy nginx|caddy|haproxy`: plans a site in front of a model server, shows it, asks, does it, asks through
 * it, and tells the credentials once. Exit code 0 where all is as wanted, 1 where nothing was changed or all was taken
 * back.
 */
export async function proxy(session: Session, kind: ProxyKind, flags: ProxyFlags): Promise<ExitCode> {
  refuseProxyContradictions(flags);
  const saved = flags.apply === undefined ? null : await readProxyPlanFile(flags.apply, kind);
  const choices = saved?.choices ?? toProxyChoices(kind, flags);
  const target = flags.host ?? "localhost";
  const progress = toProgress(session.err, session.env);
  const onlyPlans = flags.print === true || flags.dryRun === true || flags.plan !== undefined;
  const writer = onlyPlans ? null : await session.openWriter(target);
  const host = writer ?? (await session.openHost(target));
  try {
    if (writer !== null) {
      await mustBeRoot(writer);
      await refuseUnfinished(writer);
    }
    const judged = await readHost(session, host, progress);
    if (flags.print === true) return await printConfiguration(session, host, judged, choices);
    const plan = await planProxy(session, host, judged, choices);
    if (saved !== null && !isSamePlan(saved, plan)) {
      throw new CommandError({ code: "moved-on", data: { file: flags.apply ?? "", madeBy: ["proxy", kind] } });
    }
    return writer === null
      ? await showPlan(session, kind, flags, plan)
      : await change(session, flags, { host: writer, plan, ...choices, judged, progress });
  } finally {
    progress.clear();
    await host.close();
  }
}

async function readHost(session: Session, host: HostReader, progress: Progress): Promise<JudgedHost> {
  const judged = await judgeHost(session, host, (fact) => progress.say(toReadingText(session, host.target, fact)));
  progress.clear();
  return judged;
}

async function showPlan(session: Session, kind: ProxyKind, flags: ProxyFlags, plan: Plan): Promise<ExitCode> {
  if (flags.plan !== undefined) {
    await writeWhole(flags.plan, toJson(plan), true);
    // The plan holds what was chosen: no flag but these goes with --apply.
    const apply = toOwnCommand(flags.host ?? "localhost")("proxy", kind, "--apply", flags.plan);
    session.err.write(`${session.words.commands.harden.planWritten(flags.plan, apply)}\n`);
  }
  if (flags.json === true) session.out.write(toProxyDocument(session, plan, null));
  else session.out.write(formatPlan(plan, toTextOptions(session, flags, flags.host)));
  return EXIT.clear;
}

/** A change of a proxy that is about to be made. */
interface ProxyChange extends ProxyAccess {
  readonly host: HostWriter;
  readonly plan: Plan;
  readonly judged: JudgedHost;
  readonly progress: Progress;
}

/** What a change of a proxy needs to know of the command line. */
export type ChangeFlags = Pick<ProxyFlags, "json" | "yes" | "color" | "plain">;

/** Shows a plan, asks, does it and tells how it ended. */
export async function change(session: Session, flags: ChangeFlags, about: ProxyChange): Promise<ExitCode> {
  const { plan } = about;
  if (flags.json !== true) session.out.write(formatPlan(plan, toTextOptions(session, flags, about.host.target)));
  if (plan.steps.length === 0) {
    if (flags.json === true) session.out.write(toProxyDocument(session, plan, null));
    return EXIT.clear;
  }
  if (flags.yes !== true && !(await consent(session, plan))) {
    session.err.write(`${session.words.commands.harden.nothingChanged}\n`);
    return EXIT.findings;
  }
  const outcome = await carryOut(session, about);
  if (flags.json === true) session.out.write(toProxyDocument(session, plan, outcome));
  // Where a program reads, secrets do not stand among what it keeps.
  const told = toOutcomeText(session, about, about.host.target, outcome);
  (flags.json === true ? session.err : session.out).write(told);
  return outcome.journal.state === "applied" ? EXIT.clear : EXIT.findings;
}

async function carryOut(session: Session, about: ProxyChange): Promise<ProxyOutcome> {
  const { host, plan, judged, progress } = about;
  const says = session.words.commands.harden;
  session.onStop(says.interrupted(toOwnCommand(host.target)("history")));
  const outcome = await applyProxy(session, host, plan, {
    access: about,
    before: judged,
    hear: ({ what, step }) => {
      if (what === "step-begun") progress.say(says.applying(step ?? 0, plan.steps.length));
      if (what === "step-done" && step === plan.steps.length) progress.say(says.verifying);
    },
  });
  session.onStop(null);
  progress.clear();
  return outcome;
}

async function consent(session: Session, plan: Plan): Promise<boolean> {
  if (!session.canAsk) throw new CommandError({ code: "confirmation-missing", data: null });
  return await askYes(session, session.words.commands.harden.ask(plan.host.name));
}
