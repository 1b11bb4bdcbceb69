import { inTurns } from "../facts/in-turns.ts";
import { toJson } from "../report/json.ts";
import { toPrintable } from "../report/printable.ts";
import type { Report } from "../report/report.ts";
import type { Session } from "./context.ts";
import { formatError, toErrorDocument, toErrorText, type ErrorText } from "./errors.ts";
import { toExitCode, toWorst, type ExitCode, type FailOn } from "./exit-code.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";
import { toProgress, toReadingText } from "./progress.ts";
import { readHost, type DatedFacts } from "./read-facts.ts";

export type AuditFlags = LayoutFlags & {
  readonly host?: readonly string[];
  readonly from?: readonly string[];
  readonly json?: boolean;
  readonly failOn?: FailOn;
  readonly lang?: string;
};

/** A host to read, or the file it was recorded to. */
interface Source {
  readonly kind: "host" | "recording";
  readonly target: string;
}

/** What became of one host: a report, or why there is none. */
type Audited = { readonly target: string } & (
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly error: ErrorText }
);

/** Hosts read at the same time; each SSH host is a child process. */
const AT_A_TIME = 16;

/**
 * `portlock audit`: reads one host or several, judges each and prints the reports in the order the hosts were
 * named. A host that cannot be read does not stop the others; the exit code is the worst of all.
 */
export async function audit(session: Session, flags: AuditFlags): Promise<ExitCode> {
  const audited = await auditAll(session, toSources(flags));
  const { commands } = session.words;
  for (const each of audited) if (!each.ok) session.err.write(formatError(each.error, commands));
  session.out.write(flags.json === true ? toDocument(audited) : await toText(audited, session, flags));
  return toWorst(
    audited.map((each) => (each.ok ? toExitCode(each.report, flags.failOn ?? "high") : each.error.exitCode)),
  );
}

function toSources({ host = [], from = [] }: AuditFlags): readonly Source[] {
  const named: readonly Source[] = [
    ...host.map((target) => ({ kind: "host", target }) as const),
    ...from.map((target) => ({ kind: "recording", target }) as const),
  ];
  return named.length > 0 ? named : [{ kind: "host", target: "localhost" }];
}

async function auditAll(session: Session, sources: readonly Source[]): Promise<readonly Audited[]> {
  const progress = toProgress(session.err, session.env);
  const many = sources.length > 1;
  let done = 0;
  const count = (): void => progress.say(session.words.commands.readingMany(done, sources.length));
  if (many) count();
  return inTurns(sources, AT_A_TIME, async ({ kind, target }) => {
    const hear = (fact: string): void => (many ? undefined : progress.say(toReadingText(session, target, fact)));
    const audited = await auditOne(session, target, () =>
      kind === "host" ? readHost(session, target, hear, loadJudge) : readRecording(session, target),
    );
    done += 1;
    if (many) count();
    return audited;
  }).finally(() => progress.clear());
}

/** The judge and the report are half of the program: they are loaded while a host is read. */
async function loadJudge() {
  const [{ judge }, { toReport }, { formatReport }] = await Promise.all([
    import("../judge/judge.ts"),
    import("../report/report.ts"),
    import("../report/text.ts"),
  ]);
  return { judge, toReport, formatReport };
}

/** The schema of recordings is only loaded where one is read. */
async function readRecording(session: Session, file: string): Promise<DatedFacts> {
  const { readRecordingFile } = await import("./read-recording.ts");
  return readRecordingFile(session, file);
}

async function auditOne(session: Session, target: string, read: () => Promise<DatedFacts>): Promise<Audited> {
  try {
    const { facts, recordedAt } = await read();
    const { judge, toReport } = await loadJudge();
    const report = toReport(judge(facts), { recordedAt, version: session.version, words: session.words.report });
    return { target, ok: true, report };
  } catch (error) {
    const text = toErrorText(error, session.words.commands, target);
    if (text === null) throw error;
    return { target, ok: false, error: text };
  }
}

/** One report as itself, several as an array; a host that could not be read stands there as an error. */
function toDocument(audited: readonly Audited[]): string {
  const documents = audited.map((each) => (each.ok ? each.report : toErrorDocument(each.target, each.error)));
  return toJson(documents.length === 1 ? documents[0] : documents);
}

async function toText(audited: readonly Audited[], session: Session, flags: AuditFlags): Promise<string> {
  const { formatReport } = await loadJudge();
  const options = toTextOptions(session, flags);
  const pages = audited.flatMap((each) => {
    if (!each.ok) return [];
    const heading =
      audited.length === 1 ? "" : `${session.words.commands.hostHeading(toPrintable(each.target, 120))}\n`;
    return [heading + formatReport(each.report, options)];
  });
  return pages.join("\n");
}
