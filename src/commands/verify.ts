import { ChangeError } from "../apply/change-error.ts";
import type { Journal } from "../apply/journal.ts";
import { readHistory } from "../apply/read-history.ts";
import type { Facts } from "../facts/facts.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import { judge } from "../judge/judge.ts";
import { formatEvidence, type Evidence } from "../report/evidence.ts";
import { toJson } from "../report/json.ts";
import { toOwnCommand } from "../report/own-command.ts";
import { formatProofs } from "../report/proofs.ts";
import { toReport } from "../report/report.ts";
import { listUrls } from "../verify/doors.ts";
import type { Examination } from "../verify/examination.ts";
import type { Untried } from "../verify/proofs.ts";
import { listUnsettled } from "../verify/settle.ts";
import { verifyHost } from "../verify/verify-host.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { toVerifiedCode, type ExitCode, type FailOn } from "./exit-code.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";
import { toProgress, toReadingText } from "./progress.ts";
import { readOpenHost } from "./read-facts.ts";
import { readCredential } from "./read-credential.ts";
import { RECOGNISER } from "./recogniser.ts";
import { refuseExisting, writeWhole } from "./write-file.ts";

export type VerifyFlags = LayoutFlags & {
  readonly host?: string;
  readonly vantage?: readonly string[];
  readonly rehearse?: boolean;
  readonly cutSessions?: boolean;
  readonly credentialFile?: string;
  readonly askModel?: string;
  /** Bytes. */
  readonly tryUpload?: number;
  readonly report?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly failOn?: FailOn;
  readonly lang?: string;
};

/**
 * `portlock verify`: judges a host again and proves it by new connections. The exit code is that of an audit, but for
 * what connections have settled; and 1 where one is not as expected.
 */
export async function verify(session: Session, flags: VerifyFlags): Promise<ExitCode> {
  if (flags.report !== undefined && flags.report !== "-" && flags.force !== true) await refuseExisting(flags.report);
  refuseLacking(flags);
  const credential = flags.credentialFile === undefined ? null : await readCredential(flags.credentialFile);
  const progress = toProgress(session.err, session.env);
  const target = flags.host ?? "localhost";
  const { host, writer } = await openDoor(session, target, flags);
  try {
    const read = await readOpenHost(session, host, (fact) => progress.say(toReadingText(session, target, fact)));
    const { facts, recordedAt } = read;
    const judgement = judge(facts);
    const { fromBeside, untried } = toNamespace(flags, facts);
    const examination: Examination = {
      host,
      openWriter: fromBeside ? () => session.openWriter(target) : null,
      facts,
      judgement,
      recogniser: RECOGNISER,
      vantages: (flags.vantage ?? []).filter((each) => each.startsWith("ssh://")),
      openHost: (vantage) => session.openHost(vantage),
      now: () => session.now(),
    };
    progress.say(session.words.commands.trying);
    const proofs = await verifyHost(examination, {
      version: session.version,
      writer,
      rehearse: flags.rehearse === true,
      cutSessions: flags.cutSessions === true,
      sites: { credential, askModel: flags.askModel ?? null, uploadBytes: flags.tryUpload ?? null },
      untried,
    });
    progress.clear();
    const report = toReport(judgement, { recordedAt, version: session.version, words: session.words.report });
    const urls = flags.vantage?.includes("urls") === true ? listUrls(facts, judgement.servers) : [];
    const journal = flags.report === undefined ? null : await readLastChange(host);
    await print(session, flags, { report, proofs, journal }, urls);
    const unsettled = listUnsettled(facts, judgement.servers, proofs.proofs);
    return toVerifiedCode({ report, proofs }, unsettled, flags.failOn ?? "high");
  } finally {
    progress.clear();
    await host.close();
  }
}

function refuseLacking({ credentialFile, askModel, tryUpload }: VerifyFlags): void {
  if (credentialFile !== undefined || (askModel === undefined && tryUpload === undefined)) return;
  const flag = askModel === undefined ? "--try-upload" : "--ask-model";
  throw new CommandError({ code: "flag-missing", data: { flag, needs: "--credential-file" } });
}

/** The writing half only for what was asked to be done. */
async function openDoor(
  session: Session,
  target: string,
  flags: VerifyFlags,
): Promise<{ readonly host: HostReader; readonly writer: HostWriter | null }> {
  const { rehearse, cutSessions, askModel, tryUpload } = flags;
  if (rehearse !== true && cutSessions !== true && askModel === undefined && tryUpload === undefined) {
    return { host: await session.openHost(target), writer: null };
  }
  const writer = await session.openWriter(target);
  return { host: writer, writer };
}

/** Whether the host is called from beside it: where it was asked for, and by root also where nothing was said. */
function toNamespace(
  { vantage }: VerifyFlags,
  { identity }: Facts,
): { readonly fromBeside: boolean; readonly untried: readonly Untried[] } {
  const isRoot = identity.ok && identity.value.readerUid === 0;
  const isWanted = vantage?.includes("namespace") ?? true;
  if (isWanted && isRoot) return { fromBeside: true, untried: [] };
  const why = isWanted ? "not-root" : "not-asked";
  return { fromBeside: false, untried: [{ place: null, why, detail: "namespace" }] };
}

/** The newest change that is in force; null where there is none, or where it may not be read. */
async function readLastChange(host: HostReader): Promise<Journal | null> {
  try {
    const { journals } = await readHistory(host);
    return journals.findLast(({ state }) => state === "applied" || state === "waiting") ?? null;
  } catch (error) {
    if (error instanceof ChangeError) return null;
    throw error;
  }
}

async function print(
  session: Session,
  flags: VerifyFlags,
  { journal, ...verified }: Evidence,
  urls: readonly string[],
): Promise<void> {
  const { words, out } = session;
  const evidence =
    flags.report === undefined
      ? null
      : formatEvidence({ ...verified, journal }, words.report, toOwnCommand(flags.host ?? "localhost"));
  if (flags.report !== undefined && flags.report !== "-" && evidence !== null) {
    await writeWhole(flags.report, evidence, flags.force === true);
    session.err.write(words.commands.evidenceWritten(flags.report));
  }
  if (flags.report === "-" && evidence !== null) out.write(evidence);
  else if (flags.json === true) {
    const tool = { name: "portlock", version: session.version };
    out.write(toJson({ schema: "portlock.verify/1", tool, ...verified, ...(urls.length === 0 ? {} : { urls }) }));
  } else out.write(formatProofs(verified, toTextOptions(session, flags, flags.host)) + toUrlText(session, urls));
}

function toUrlText({ words }: Session, urls: readonly string[]): string {
  if (urls.length === 0) return "";
  const { headings, urlsHint } = words.report.proofs;
  return `\n${headings.urls}\n  ${urlsHint}\n  portlock probe ${urls.join(" ")}\n`;
}
