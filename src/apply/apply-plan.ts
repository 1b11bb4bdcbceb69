import { HostError } from "../host/host-error.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { ChangeError } from "./change-error.ts";
import { type Change, type ChangeSettings, layChange, setState, write } from "./change-folder.ts";
import { doStep, mustBeOurs } from "./do-step.ts";
import { Fault, must } from "./fault.ts";
import type { Journal } from "./journal.ts";
import { readJournal, refuseUnfinished } from "./read-history.ts";
import { prepareStateFolder, STATE_FOLDER } from "./state-folder.ts";
import { takeLock } from "./take-lock.ts";
import { runUndo } from "./undo-change.ts";
import { armWatch } from "./watch.ts";

/** How a plan is carried out. */
export interface ApplySettings extends ChangeSettings {
  /** Default: `STATE_FOLDER`. */
  readonly stateFolder?: string;
}

/**
 * Carries out a plan step by step, and stops at the first that fails; then, or where `check` says that the host is
 * not as promised, everything is taken back. The journal tells how it ended: `applied`, `waiting` for a confirmation,
 * `undone` or `undo-failed`. Rejects with a `ChangeError` where it was not begun, or where the host is gone: it then
 * takes everything back by itself. What `check` throws comes out after the undo.
 */
export async function applyPlan(
  host: HostWriter,
  plan: Plan,
  settings: ApplySettings,
  check: () => Promise<boolean>,
): Promise<Journal> {
  const stateFolder = settings.stateFolder ?? STATE_FOLDER;
  await prepareStateFolder(host, stateFolder);
  const hold = await takeLock(host, stateFolder);
  let change: Change | null = null;
  let failure: unknown = null;
  try {
    change = await begin(host, stateFolder, plan, settings);
    await carryOut(change, plan, check);
    await finish(change, settings.confirmWithinSeconds);
  } catch (error) {
    failure = error;
  }
  // Who waits for the lock is its watch at most, which would take back what is to be taken back.
  await hold.release();
  if (change === null) throw failure;
  if (failure !== null) await takeBack(change, stateFolder, failure);
  return await readJournal(host, stateFolder, settings.id);
}

async function begin(host: HostWriter, stateFolder: string, plan: Plan, settings: ApplySettings): Promise<Change> {
  await refuseUnfinished(host, stateFolder);
  try {
    return await layChange(host, stateFolder, plan, settings);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new ChangeError({ code: "change-not-begun", data: { detail: error.message } }, { cause: error });
  }
}

/** Throws what the first thing that fails throws. */
async function carryOut(change: Change, plan: Plan, check: () => Promise<boolean>): Promise<void> {
  await armWatch(change);
  for (const [index, step] of plan.steps.entries()) {
    try {
      await doStep(change, step, index + 1);
    } catch (error) {
      if (error instanceof Fault) await change.note("step-failed", index + 1, error.message);
      throw error;
    }
  }
  await mustBeOurs(change);
  const isVerified = await check();
  await mustBeOurs(change);
  await change.note(isVerified ? "verified" : "not-verified");
  if (!isVerified) throw new Fault("not verified");
}

/** The state is written last: until then the watch takes everything back. */
async function finish(change: Change, confirmWithinSeconds: number | null): Promise<void> {
  const { host, folder } = change;
  if (confirmWithinSeconds === null) {
    await change.note("applied");
    return await setState(change, "applied");
  }
  await change.note("waiting");
  // By the clock of the host, which may not be the one of whoever asked for it.
  const now = must(await host.stat(`${folder}/journal.jsonl`)).modifiedAt;
  const deadline = Math.floor(Date.parse(now) / 1000) + confirmWithinSeconds;
  await write(host, `${folder}/deadline`, `${deadline}\n`);
  await setState(change, "waiting");
}

async function takeBack(change: Change, stateFolder: string, failure: unknown): Promise<void> {
  try {
    await runUndo(change.host, stateFolder, change.id);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new ChangeError({ code: "change-cut-off", data: { id: change.id, detail: error.message } }, { cause: error });
  }
  if (!(failure instanceof Fault)) throw failure;
}
