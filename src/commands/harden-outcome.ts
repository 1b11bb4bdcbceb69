import type { Journal } from "../apply/journal.ts";
import type { Plan } from "../plan/plan.ts";
import { toJson } from "../report/json.ts";
import { toOwnCommand } from "../report/own-command.ts";
import { toPrintable, toSocketText } from "../report/printable.ts";
import { toReport, type Report } from "../report/report.ts";
import type { BrokenPromises } from "../verify/promises.ts";
import type { Proofs } from "../verify/proofs.ts";
import type { Hardened, UnitExposure } from "./apply-and-verify.ts";
import type { Session } from "./context.ts";
import type { JudgedHost } from "./plan-host.ts";

/** All that `harden --json` prints, `portlock.harden/1`. Null: it did not come to that. */
export interface HardenDocument {
  readonly schema: "portlock.harden/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly plan: Plan;
  readonly journal: Journal | null;
  readonly proofs: Proofs | null;
  readonly exposures: readonly UnitExposure[];
  /** The host as it was, and as it was seen after the last step. */
  readonly before: Report;
  readonly after: Report | null;
}

export function toReportOf(session: Session, { judgement, readAt }: JudgedHost): Report {
  return toReport(judgement, { recordedAt: readAt, version: session.version, words: session.words.report });
}

/** The document as text. `hardened` null: nothing was changed. */
export function toHardenDocument(session: Session, plan: Plan, before: Report, hardened: Hardened | null): string {
  const seen = hardened?.seen ?? null;
  const document: HardenDocument = {
    schema: "portlock.harden/1",
    tool: { name: "portlock", version: session.version },
    plan,
    journal: hardened?.journal ?? null,
    proofs: seen?.proofs ?? null,
    exposures: seen?.exposures ?? [],
    before,
    after: seen === null ? null : toReportOf(session, seen.after),
  };
  return toJson(document);
}

/** How it ended, in one sentence with what can be done next. */
export function toEnd(session: Session, { journal, seen }: Hardened, target: string): string {
  const says = session.words.commands.harden;
  const failed = journal.events.findLast(({ what }) => what === "step-failed" || what === "undo-step-failed");
  const broken = seen === null ? null : toBrokenText(session, seen.broken);
  const why = broken ?? toPrintable(failed?.detail ?? says.noReason, 400);
  const own = toOwnCommand(target);
  switch (journal.state) {
    case "applied":
      return says.applied(own("undo", journal.id));
    case "waiting":
      return says.waiting(journal.id, journal.confirmBy ?? "", own("confirm", journal.id));
    case "undone":
      return says.takenBack(why);
    case "applying":
    case "undoing":
    case "undo-failed":
      return says.undoFailed(own("history"), own("undo", journal.id), why);
  }
}

/** Which promise did not come true; null: all did. */
function toBrokenText({ words }: Session, { open, mute }: BrokenPromises): string | null {
  const says = words.commands.harden;
  if (open.length > 0) return says.stillOpen(open.map(({ address, port }) => toSocketText(address, port)));
  return mute.length > 0 ? says.clientFails : null;
}
