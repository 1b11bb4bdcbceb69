import type { AuditEntry } from "../gateway/audit/entry.ts";
import { verifyLog } from "../gateway/audit/verify-log.ts";
import { toJson } from "../report/json.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { LogListFlags, LogVerifyFlags } from "./keys-flags.ts";
import { formatRows, toMoment } from "./keys-page.ts";
import { withStore } from "./open-data.ts";
import { toTextOptions } from "./page.ts";

const LAST = 50;
const WIDEST = 400;

/** `portlock gateway log list`: the last entries of the audit log, newest last. */
export async function listLog(session: Session, flags: LogListFlags): Promise<ExitCode> {
  const last = flags.last ?? LAST;
  const entries = await withStore(session, flags.data, async ({ store }) => {
    const { number } = await store.readPosition();
    return store.listAudit(Math.max(0, number - last), last);
  });
  const says = session.words.commands.keys;
  if (flags.json === true) {
    session.out.write(toJson({ schema: "portlock.log/1", entries: entries.map(toDocument) }));
    return EXIT.clear;
  }
  const { number, at, by, act, key, detail } = says.headings;
  const rows = entries.map((entry) => [
    String(entry.number),
    toMoment(entry.at),
    toPrintable(entry.by, WIDEST),
    toPrintable(entry.act, WIDEST),
    entry.keyId ?? "",
    toPrintable(toShownDetail(entry.detail), WIDEST),
  ]);
  const lines =
    rows.length === 0
      ? [says.logEmpty]
      : formatRows([number, at, by, act, key, detail], rows, toTextOptions(session, flags));
  session.out.write(`${lines.join("\n")}\n`);
  return EXIT.clear;
}

/** `portlock gateway log verify`: whether the log is sound; the exit code is 1 where it is not. */
export async function verify(session: Session, flags: LogVerifyFlags): Promise<ExitCode> {
  const verdict = await withStore(session, flags.data, (open) => verifyLog(open, flags.expect ?? null));
  const says = session.words.commands.keys;
  const code = verdict.kind === "sound" ? EXIT.clear : EXIT.findings;
  if (flags.json === true) {
    session.out.write(toJson({ schema: "portlock.log-verdict/1", ...verdict }));
    return code;
  }
  session.out.write(
    `${
      verdict.kind === "sound"
        ? says.logSound(verdict.entries, verdict.head.number, verdict.head.hash)
        : says.logBroken(verdict.number, verdict.why)
    }\n`,
  );
  return code;
}

/** Without what was not asked for: every limit that a key has not would stand there as null. */
function toShownDetail(detail: string): string {
  const isSaid = (value: unknown): boolean =>
    value !== null && (typeof value !== "object" || Object.keys(value).length > 0);
  const parsed: unknown = JSON.parse(detail, (_name, value: unknown) => (isSaid(value) ? value : undefined));
  return JSON.stringify(parsed ?? {});
}

function toDocument({ at, detail, ...entry }: AuditEntry): object {
  return { ...entry, at: new Date(at).toISOString(), detail: JSON.parse(detail) };
}
