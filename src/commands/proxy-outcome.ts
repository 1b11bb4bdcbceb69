import type { Journal } from "../apply/journal.ts";
import type { Plan } from "../plan/plan.ts";
import { toJson } from "../report/json.ts";
import type { ProxyAccess, ProxyOutcome, SeenAnswer } from "./apply-proxy.ts";
import { toOwnCommand } from "../report/own-command.ts";
import type { Session } from "./context.ts";

/** All that `proxy --json` prints, `portlock.proxy/1`: no credential, only whose were made. Null: nothing was changed. */
interface ProxyDocument {
  readonly schema: "portlock.proxy/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly plan: Plan;
  readonly journal: Journal | null;
  readonly seen: readonly SeenAnswer[];
  readonly letIn: readonly string[];
}

/** The document as text. */
export function toProxyDocument({ version }: Session, plan: Plan, outcome: ProxyOutcome | null): string {
  const document: ProxyDocument = {
    schema: "portlock.proxy/1",
    tool: { name: "portlock", version },
    plan,
    journal: outcome?.journal ?? null,
    seen: outcome?.seen ?? [],
    letIn: (outcome?.credentials ?? []).map(({ name }) => name),
  };
  return toJson(document);
}

/** How it ended, for people: what was seen through the proxy, and each credential this once. */
export function toOutcomeText(session: Session, { auth }: ProxyAccess, target: string, outcome: ProxyOutcome): string {
  const says = session.words.commands.proxy;
  const { journal, seen, credentials } = outcome;
  const own = toOwnCommand(target);
  const answers = seen.map((answer) => `  ${says.seen(answer)}\n`).join("");
  if (journal.state === "applied") {
    const shown = credentials.map(({ name, secret }) => `  ${says.credential(auth, name, secret)}\n`).join("");
    const once = credentials.length === 0 ? "" : `\n${says.shownOnce}\n${shown}`;
    return `\n${answers}${once}\n${session.words.commands.harden.applied(own("undo", journal.id))}\n`;
  }
  const fault = journal.events.findLast(({ what }) => what === "step-failed" || what === "undo-step-failed");
  const why = fault?.detail ?? (seen.length > 0 ? says.otherAnswer : session.words.commands.harden.noReason);
  const ends = session.words.commands.harden;
  const end =
    journal.state === "undo-failed"
      ? ends.undoFailed(own("history"), own("undo", journal.id), why)
      : ends.takenBack(why);
  return `\n${answers}${end}\n`;
}
