import type { HostWriter } from "../host/writer.ts";
import type { PeopleLines } from "../plan/file-edit.ts";
import type { Plan } from "../plan/plan.ts";
import { must, mustSucceed } from "./fault.ts";
import type { EventKind, JournalEvent } from "./journal.ts";
import { isChangeId } from "./state-folder.ts";
import { toStepFiles } from "./step-files.ts";
import { UNDO_SCRIPT } from "./undo-script.ts";

const OURS = { mode: 0o600 } as const;
/** States the script gives a change, each in a file of its own: it links them, which needs no room on a full disk. */
const STATES_OF_SCRIPT = ["undoing", "undone", "undo-failed"] as const;
/** A single command, answer or look takes less than 150 s: who confirms in time is not kept waiting for longer. */
const PATIENCE_SECONDS = 600;
const SHORT_PATIENCE_SECONDS = 180;

/** A change at work: its folder on the host, and its journal. */
export interface Change {
  readonly host: HostWriter;
  readonly id: string;
  readonly folder: string;
  readonly script: string;
  /** Lines of people who are let in by a proxy, which stand in no plan. */
  readonly lines: PeopleLines;
  /** Writes a line of the journal. `step` counts from 1. */
  note(what: EventKind, step?: number | null, detail?: string | null): Promise<void>;
}

export interface ChangeSettings {
  readonly id: string;
  readonly confirmWithinSeconds: number | null;
  /** Lines of the people whom the plan lets in, by their names. Default: none. */
  readonly lines?: PeopleLines;
  /** How long nothing may happen before the watch takes everything back. Default: by `confirmWithinSeconds`. */
  readonly patienceSeconds?: number;
  now(): Date;
  /** Hears each line of the journal that Portlock itself writes. */
  hear(event: JournalEvent): void;
}

/**
 * Lays all that undoing a change will need into a folder of its own, before anything is touched. It is a change from
 * the moment its `state` is there, which is written last. Throws a `Fault` where the host does not take it.
 */
export async function layChange(
  host: HostWriter,
  stateFolder: string,
  plan: Plan,
  settings: ChangeSettings,
): Promise<Change> {
  if (!isChangeId(settings.id)) throw new Error(`not the name of a change: ${settings.id}`);
  const folder = `${stateFolder}/${settings.id}`;
  const change = {
    host,
    id: settings.id,
    folder,
    script: `${folder}/undo.sh`,
    lines: settings.lines ?? new Map<string, string>(),
    note: toNote(host, folder, settings),
  };
  const makeFolder = async (path: string): Promise<void> => {
    mustSucceed("mkdir", await host.change(["mkdir", "-m", "0700", "--", path]));
  };
  const patience = settings.confirmWithinSeconds === null ? PATIENCE_SECONDS : SHORT_PATIENCE_SECONDS;
  await makeFolder(folder);
  await write(host, `${folder}/plan.json`, `${JSON.stringify(plan)}\n`);
  await write(host, change.script, UNDO_SCRIPT);
  await write(host, `${folder}/patience`, `${settings.patienceSeconds ?? patience}\n`);
  for (const state of STATES_OF_SCRIPT) await write(host, `${folder}/state.${state}`, `${state}\n`);
  await makeFolder(`${folder}/steps`);
  for (const [index, step] of plan.steps.entries()) {
    const stepFolder = toStepFolder(change, index + 1);
    await makeFolder(stepFolder);
    for (const { name, text } of toStepFiles(step)) await write(host, `${stepFolder}/${name}`, text);
  }
  await change.note("begun");
  mustSucceed("sync", await host.change(["sync", "--", `${folder}/steps`, folder, stateFolder]));
  await setState(change, "applying");
  return change;
}

/** States that Portlock itself gives a change. */
export async function setState(
  { host, folder }: Pick<Change, "host" | "folder">,
  state: "applying" | "waiting" | "applied",
): Promise<void> {
  await write(host, `${folder}/state`, `${state}\n`);
}

export async function write(host: HostWriter, path: string, text: string): Promise<void> {
  must(await host.writeFile(path, text, OURS));
}

export function toStepFolder({ folder }: Pick<Change, "folder">, step: number): string {
  return `${folder}/steps/${toStepName(step)}`;
}

/** Three digits, so that names sort as steps do. */
export function toStepName(step: number): string {
  return String(step).padStart(3, "0");
}

/** Adds lines to the journal of a change. */
export function toNote(
  host: HostWriter,
  folder: string,
  { now, hear }: Pick<ChangeSettings, "now" | "hear">,
): Change["note"] {
  return async (what, step = null, detail = null) => {
    const event: JournalEvent = { at: now().toISOString(), what, step, detail };
    must(await host.appendFile(`${folder}/journal.jsonl`, `${JSON.stringify(event)}\n`));
    hear(event);
  };
}
