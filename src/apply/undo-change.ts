import type { HostWriter } from "../host/writer.ts";
import type { Plan } from "../plan/plan.ts";
import { ChangeError } from "./change-error.ts";
import { Fault, mustSucceed } from "./fault.ts";
import type { Journal } from "./journal.ts";
import { readHistory, readJournal } from "./read-history.ts";
import { prepareStateFolder, STATE_FOLDER } from "./state-folder.ts";
import { toAtWork } from "./take-lock.ts";

/** A step with several services to restart, each of which may take its time. */
const UNDO_TIMEOUT_MS = 30 * 60_000;
/** What the script gives back where it did its work: all of it, or as much as could be done. */
const ENDED: readonly number[] = [0, 1];
/** Where somebody else had the lock. */
const BUSY = 75;

/**
 * Takes a change back: that of the id, or for null the last one that is still in force. Its journal tells whether all
 * of it could be. Rejects with a `ChangeError` where there is none, where a later change touches the same things, or
 * where somebody is at work.
 */
export async function undoChange(
  host: HostWriter,
  id: string | null,
  stateFolder: string = STATE_FOLDER,
): Promise<Journal> {
  await prepareStateFolder(host, stateFolder);
  const { journals } = await readHistory(host, stateFolder);
  const inForce = journals.filter(({ state }) => state !== "undone");
  const chosen = id === null ? inForce.at(-1) : journals.find((each) => each.id === id);
  if (chosen === undefined)
    throw new ChangeError(
      id === null ? { code: "nothing-to-undo", data: {} } : { code: "no-such-change", data: { id } },
    );
  const later = inForce.find((each) => each.id > chosen.id && touchesTheSame(each.plan, chosen.plan));
  if (later !== undefined && chosen.state !== "undone") {
    throw new ChangeError({ code: "later-change-first", data: { id: chosen.id, later: later.id } });
  }
  await runUndo(host, stateFolder, chosen.id);
  return await readJournal(host, stateFolder, chosen.id);
}

/**
 * Lets the script of a change take it back; it waits for the lock. Where the change is undone already it does nothing.
 * Where the host no longer answers, its watch ends what is left to do.
 */
export async function runUndo(host: HostWriter, stateFolder: string, id: string): Promise<void> {
  const folder = `${stateFolder}/${id}`;
  const output = await host.change(["/bin/sh", `${folder}/undo.sh`, "undo"], { timeoutMs: UNDO_TIMEOUT_MS });
  if (!output.ok) {
    throw new ChangeError({ code: "change-cut-off", data: { id, detail: output.detail ?? output.why } });
  }
  if (ENDED.includes(output.value.exitCode)) return;
  if (output.value.exitCode === BUSY) throw await toAtWork(host, stateFolder);
  try {
    mustSucceed("undo.sh", output);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new ChangeError({ code: "state-unreadable", data: { path: `${folder}/undo.sh`, detail: error.message } });
  }
}

/** Whether taking one of them back could lose what the other one did. */
function touchesTheSame(one: Plan, other: Plan): boolean {
  const places = new Set(listPlaces(one));
  return listPlaces(other).some((place) => places.has(place));
}

function listPlaces(plan: Plan): readonly string[] {
  return plan.steps.flatMap(({ kind, target, files, modes, keeps = [] }) => [
    `${kind} ${target}`,
    ...[...files, ...modes].map(({ path }) => path),
    ...keeps,
  ]);
}
