import { randomBytes } from "node:crypto";
import { applyPlan } from "../apply/apply-plan.ts";
import type { Journal, JournalEvent } from "../apply/journal.ts";
import { readUnitExposure } from "../facts/unit-exposure.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { findBrokenPromises, type BrokenPromises } from "../verify/promises.ts";
import type { Proofs } from "../verify/proofs.ts";
import { verifyHost } from "../verify/verify-host.ts";
import type { Session } from "./context.ts";
import { judgeHost, type JudgedHost } from "./plan-host.ts";
import { RECOGNISER } from "./recogniser.ts";

/** How exposed systemd finds a unit, 0 to 10, before and after; null where it did not say. */
export interface UnitExposure {
  readonly unit: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** What applying a plan came to, and what was seen after its last step, before anything was taken back. */
export interface Hardened {
  readonly journal: Journal;
  /** Null where it did not come to that. */
  readonly seen: Seen | null;
}

export interface Seen {
  readonly after: JudgedHost;
  /** Units that got hardening directives. */
  readonly exposures: readonly UnitExposure[];
  readonly proofs: Proofs;
  readonly broken: BrokenPromises;
}

export interface ApplyRequest {
  readonly host: HostWriter;
  readonly plan: Plan;
  readonly confirmWithinSeconds: number | null;
  readonly hear: (event: JournalEvent) => void;
}

/**
 * Applies a plan, then judges the host again and connects to it anew; where the plan's promises did not come true
 * everything is taken back. Rejects with a `ChangeError` where nothing was begun.
 */
export async function applyAndVerify(session: Session, request: ApplyRequest): Promise<Hardened> {
  const { host, plan, confirmWithinSeconds, hear } = request;
  const exposures = await readExposures(host, plan);
  let seen: Seen | null = null;
  const now = (): Date => session.now();
  const settings = { id: toChangeId(now()), confirmWithinSeconds, now, hear };
  const journal = await applyPlan(host, plan, settings, async () => {
    seen = await look(session, host, plan, exposures);
    return seen.broken.open.length + seen.broken.mute.length === 0;
  });
  return { journal, seen };
}

async function readExposures(host: HostWriter, { steps }: Plan): Promise<ReadonlyMap<string, number | null>> {
  const units = steps.filter(({ remarks }) => remarks.some(({ code }) => code === "sandbox-score"));
  const found = units.map(async ({ target }) => [target, await readUnitExposure(host, target)] as const);
  return new Map(await Promise.all(found));
}

async function look(
  session: Session,
  host: HostWriter,
  plan: Plan,
  exposures: ReadonlyMap<string, number | null>,
): Promise<Seen> {
  const after = await judgeHost(session, host);
  const { facts, judgement } = after;
  const examination = {
    host,
    openWriter: () => session.openWriter(host.target),
    facts,
    judgement,
    recogniser: RECOGNISER,
    vantages: [],
    openHost: (target: string) => session.openHost(target),
    now: () => session.now(),
  };
  const settings = {
    version: session.version,
    writer: null,
    rehearse: false,
    cutSessions: false,
    sites: null,
    untried: [],
  };
  const proofs = await verifyHost(examination, settings);
  const scored = [...(await readExposures(host, plan))];
  return {
    after,
    exposures: scored.map(([unit, score]) => ({ unit, before: exposures.get(unit) ?? null, after: score })),
    proofs,
    broken: findBrokenPromises(plan, judgement, proofs.proofs),
  };
}

/** Sorts by time: see state-folder.ts for its form. */
export function toChangeId(now: Date): string {
  const moment = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${moment}-${randomBytes(2).toString("hex")}`;
}
