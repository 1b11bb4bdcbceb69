import { randomBytes } from "node:crypto";
import { applyPlan } from "../apply/apply-plan.ts";
import type { Journal, JournalEvent } from "../apply/journal.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { toSocketText } from "../report/printable.ts";
import { examineHost } from "../verify/examine-host.ts";
import type { TriedConnection, Untried } from "../verify/proofs.ts";
import { findBrokenPromises, type BrokenPromises } from "../verify/promises.ts";
import type { Session } from "./context.ts";
import { judgeHost, type JudgedHost } from "./plan-host.ts";
import { RECOGNISER } from "./recogniser.ts";

/** What applying a plan came to, and what was seen afterwards. */
export interface Hardened {
  readonly journal: Journal;
  /** The host after the last step, before anything was taken back; null where it did not come to that. */
  readonly after: JudgedHost | null;
  readonly proofs: readonly TriedConnection[];
  readonly untried: readonly Untried[];
  readonly broken: BrokenPromises;
}

export interface ApplyRequest {
  readonly target: string;
  readonly host: HostWriter;
  readonly plan: Plan;
  readonly confirmWithinSeconds: number | null;
  hear(event: JournalEvent): void;
}

const NOTHING_BROKEN: BrokenPromises = { open: [], mute: [] };

/**
 * Applies a plan, then judges the host again and connects to it anew; where the plan's promises did not come true
 * everything is taken back. Rejects with a `ChangeError` where nothing was begun.
 */
export async function applyAndVerify(
  session: Session,
  { target, host, plan, confirmWithinSeconds, hear }: ApplyRequest,
): Promise<Hardened> {
  let seen: Omit<Hardened, "journal"> = { after: null, proofs: [], untried: [], broken: NOTHING_BROKEN };
  const now = (): Date => session.now();
  const settings = { id: toChangeId(now()), confirmWithinSeconds, now, hear };
  const journal = await applyPlan(host, plan, settings, async () => {
    const after = await judgeHost(session, host);
    const { proofs, untried } = await examineHost({
      host,
      openWriter: () => session.openWriter(target),
      facts: after.facts,
      judgement: after.judgement,
      recogniser: RECOGNISER,
      vantages: [],
      openHost: (place) => session.openHost(place),
      now,
    });
    seen = { after, proofs, untried, broken: findBrokenPromises(plan, after.judgement, proofs) };
    return seen.broken.open.length + seen.broken.mute.length === 0;
  });
  return { journal, ...seen };
}

/** Sorts by time: see state-folder.ts for its form. */
function toChangeId(now: Date): string {
  const moment = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${moment}-${randomBytes(2).toString("hex")}`;
}

/** Why it was taken back, in the words of the session; null where a tool said why. */
export function toBrokenText({ words }: Session, { open, mute }: BrokenPromises): string | null {
  const says = words.commands.harden;
  if (open.length > 0) return says.stillOpen(open.map(({ address, port }) => toSocketText(address, port)));
  return mute.length > 0 ? says.clientFails : null;
}
