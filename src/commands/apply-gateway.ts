import { applyPlan } from "../apply/apply-plan.ts";
import type { Journal } from "../apply/journal.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { toJson } from "../report/json.ts";
import { toOwnCommand } from "../report/own-command.ts";
import { toChangeId } from "./apply-and-verify.ts";
import type { Session } from "./context.ts";
import { judgeHost, type JudgedHost } from "./plan-host.ts";
import type { Progress } from "./progress.ts";

/** Applies the plan of a gateway, then judges the host again; where it is exposed that was not, all is taken back. */
export async function applyGateway(
  session: Session,
  host: HostWriter,
  plan: Plan,
  before: JudgedHost,
  progress: Progress,
): Promise<Journal> {
  const says = session.words.commands.harden;
  const now = (): Date => session.now();
  session.onStop(says.interrupted(toOwnCommand(host.target)("history")));
  const settings = {
    id: toChangeId(now()),
    confirmWithinSeconds: null,
    now,
    hear: ({ what, step }: { readonly what: string; readonly step: number | null }) => {
      if (what === "step-begun") progress.say(says.applying(step ?? 0, plan.steps.length));
      if (what === "step-done" && step === plan.steps.length) progress.say(says.verifying);
    },
  };
  const journal = await applyPlan(host, plan, settings, async () => {
    const { judgement } = await judgeHost(session, host);
    return judgement.verdict !== "exposed" || before.judgement.verdict === "exposed";
  });
  session.onStop(null);
  progress.clear();
  return journal;
}

/** All that `gateway install --json` prints, `portlock.gateway-install/1`. Null: nothing was changed. */
interface GatewayDocument {
  readonly schema: "portlock.gateway-install/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly plan: Plan;
  readonly journal: Journal | null;
}

export function toGatewayDocument({ version }: Session, plan: Plan, journal: Journal | null): string {
  const document: GatewayDocument = {
    schema: "portlock.gateway-install/1",
    tool: { name: "portlock", version },
    plan,
    journal,
  };
  return toJson(document);
}

/** How it ended, for people. */
export function toGatewayOutcomeText({ words }: Session, plan: Plan, journal: Journal): string {
  const own = toOwnCommand("localhost");
  const { harden, gateway } = words.commands;
  if (journal.state === "applied") {
    const door = plan.steps.flatMap(({ expect }) => expect).find((each) => each.kind === "refuses-strangers");
    const url = door === undefined ? "" : `${door.tls ? "https" : "http"}://${toHostText(door.address)}:${door.port}`;
    return `\n${gateway.installed(url)}\n\n${harden.applied(own("undo", journal.id))}\n`;
  }
  const fault = journal.events.findLast(({ what }) => what === "step-failed" || what === "undo-step-failed");
  const why = fault?.detail ?? harden.noReason;
  return journal.state === "undo-failed"
    ? `\n${harden.undoFailed(own("history"), own("undo", journal.id), why)}\n`
    : `\n${harden.takenBack(why)}\n${gateway.seeJournal}\n`;
}

function toHostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
