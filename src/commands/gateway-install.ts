import { refuseUnfinished } from "../apply/read-history.ts";
import { mustBeRoot } from "../apply/state-folder.ts";
import { isLoopback } from "../gateway/serve/listen-place.ts";
import { StartRefused } from "../gateway/serve/start-refused.ts";
import { StoreError } from "../gateway/store/store-error.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import type { FileText } from "../plan/file-edit.ts";
import { GATEWAY_UNIT, type GatewayChoices } from "../plan/gateway/gateway-choices.ts";
import { makeGatewayPlan } from "../plan/gateway/make-gateway-plan.ts";
import { toGatewayUnit } from "../plan/gateway/unit-text.ts";
import type { Plan } from "../plan/plan.ts";
import { formatPlan } from "../report/plan.ts";
import { applyGateway, toGatewayDocument, toGatewayOutcomeText } from "./apply-gateway.ts";
import { askYes } from "./ask.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type GatewayInstallFlags, toGatewayChoices } from "./gateway-install-flags.ts";
import { takeProgram } from "./gateway-program.ts";
import { refuseExposed, toOnlyUpstream } from "./local-upstream.ts";
import { toServicePlace, withPlace } from "./open-data.ts";
import { toTextOptions } from "./page.ts";
import { judgeHost, readText, type JudgedHost } from "./plan-host.ts";
import { type Progress, toProgress, toReadingText } from "./progress.ts";

const MOST_ROUNDS = 3;

/**
 * `portlock gateway install`: plans the service, shows it, asks, starts it, and asks it as a stranger does. Exit code 0
 * where all is as wanted, 1 where nothing was changed or all was taken back.
 */
export async function install(session: Session, flags: GatewayInstallFlags): Promise<ExitCode> {
  const target = "localhost";
  const progress = toProgress(session.err, session.env);
  const onlyPlans = flags.print === true || flags.dryRun === true;
  const writer = onlyPlans ? null : await session.openWriter(target);
  const host = writer ?? (await session.openHost(target));
  try {
    if (writer !== null) {
      await mustBeRoot(writer);
      await refuseUnfinished(writer);
    }
    const judged = await judgeHost(session, host, (fact) => progress.say(toReadingText(session, target, fact)));
    progress.clear();
    const choices = await choose(session, host, judged, flags);
    if (flags.print === true) {
      session.out.write(toGatewayUnit(choices));
      return EXIT.clear;
    }
    const plan = await planGateway(session, host, judged, choices, flags.data);
    if (writer !== null) return await change(session, flags, { host: writer, plan, judged, progress });
    session.out.write(
      flags.json === true ? toGatewayDocument(session, plan, null) : formatPlan(plan, toTextOptions(session, flags)),
    );
    return EXIT.clear;
  } finally {
    progress.clear();
    await host.close();
  }
}

/** What is wanted, or why it would not be safe. */
async function choose(
  session: Session,
  host: HostReader,
  { facts, judgement: { servers } }: JudgedHost,
  flags: GatewayInstallFlags,
): Promise<GatewayChoices> {
  const upstream = flags.upstream ?? toOnlyUpstream({ facts, servers });
  const program = await takeProgram(session, host);
  const choices = toGatewayChoices(session, flags, { upstream, program });
  const { evenSo, listen, tls } = choices.gateway;
  const place = { listen: `${listen.address}:${listen.port}` };
  if (!evenSo) refuseExposed({ facts, servers }, upstream);
  if (!evenSo && tls.kind === "none" && !isLoopback(listen.address)) {
    throw new StartRefused({ code: "beyond-loopback-without-tls", data: place });
  }
  if (flags.metrics !== undefined && !isLoopback(flags.metrics.host) && !evenSo) {
    throw new StartRefused({ code: "metrics-beyond-loopback", data: { listen: choices.gateway.metrics ?? "" } });
  }
  if (tls.kind === "files") await refuseBadFiles(host, tls);
  return choices;
}

async function refuseBadFiles(
  host: HostReader,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): Promise<void> {
  for (const file of [certificate, key]) {
    const status = await host.stat(file);
    if (!status.ok)
      throw new StartRefused({ code: "file-unreadable", data: { file, detail: status.detail ?? status.why } });
    const isOpenKey = file === key && (status.value.mode & 0o007) !== 0;
    if (isOpenKey) throw new StartRefused({ code: "tls-key-readable", data: { file } });
  }
}

async function planGateway(
  session: Session,
  host: HostReader,
  judged: JudgedHost,
  choices: GatewayChoices,
  data: string | undefined,
): Promise<Plan> {
  const keys = await countKeys(session, data);
  const { listen } = choices.gateway;
  if (keys === 0 && !isLoopback(listen.address)) {
    const place = { listen: `${listen.address}:${listen.port}` };
    throw new StartRefused({ code: "beyond-loopback-without-keys", data: place });
  }
  const isActive = await isUnitActive(host);
  const texts = new Map<string, FileText>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const planned = makeGatewayPlan(
      { facts: judged.facts, judgement: judged.judgement, choices, isActive, keys, texts },
      { version: session.version, madeAt: judged.readAt },
    );
    if (planned.kind === "plan") return planned.plan;
    if (planned.kind === "refused") {
      const refusal = session.words.report.plan.refusal(planned.refusal, (...words) => words.join(" "));
      throw new CommandError({ code: "plan-refused", data: refusal });
    }
    if (planned.kind === "needs-files") for (const path of planned.paths) texts.set(path, await readText(host, path));
  }
  throw new Error("a plan asks for files without end");
}

/** Keys that let in now; a store that is not there holds none. Null where only root may look, which a plan bears. */
async function countKeys(session: Session, data: string | undefined): Promise<number | null> {
  const now = session.now().getTime();
  try {
    const keys = await withPlace(toServicePlace(session, data), ({ store }) => store.listKeys());
    return keys.filter(({ key: { revokedAt, expiresAt } }) => revokedAt === null && (expiresAt ?? Infinity) > now)
      .length;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "gone") return 0;
    if (process.geteuid?.() !== 0) return null;
    throw error;
  }
}

async function isUnitActive(host: HostReader): Promise<boolean> {
  const shown = await host.run(["systemctl", "show", "--no-pager", "--property=ActiveState", "--", GATEWAY_UNIT]);
  return shown.ok && shown.value.stdout.trim() === "ActiveState=active";
}

interface GatewayChange {
  readonly host: HostWriter;
  readonly plan: Plan;
  readonly judged: JudgedHost;
  readonly progress: Progress;
}

/** Shows the plan, asks, does it and tells how it ended. */
async function change(session: Session, flags: GatewayInstallFlags, about: GatewayChange): Promise<ExitCode> {
  const { host, plan, judged, progress } = about;
  const says = session.words.commands.harden;
  const isJson = flags.json === true;
  if (!isJson) session.out.write(formatPlan(plan, toTextOptions(session, flags)));
  if (plan.steps.length === 0) {
    if (isJson) session.out.write(toGatewayDocument(session, plan, null));
    return EXIT.clear;
  }
  if (flags.yes !== true && !(await consent(session, plan))) {
    session.err.write(`${says.nothingChanged}\n`);
    return EXIT.findings;
  }
  const journal = await applyGateway(session, host, plan, judged, progress);
  session.out.write(isJson ? toGatewayDocument(session, plan, journal) : toGatewayOutcomeText(session, plan, journal));
  return journal.state === "applied" ? EXIT.clear : EXIT.findings;
}

async function consent(session: Session, plan: Plan): Promise<boolean> {
  if (!session.canAsk) throw new CommandError({ code: "confirmation-missing", data: null });
  return await askYes(session, session.words.commands.harden.ask(plan.host.name));
}
