import type { HostReader } from "../host/host.ts";
import { ChangeError } from "./change-error.ts";
import { must } from "./fault.ts";
import type { ChangeState, DamagedChange, History, Journal } from "./journal.ts";
import { parseEvents, parsePlan, parseState } from "./parse-change.ts";
import { listChanges, STATE_FOLDER } from "./state-folder.ts";

/** A plan and its journal may be long; nobody's are that long. */
const LONGEST_FILE_BYTES = 16 * 1024 * 1024;
/** States in which a change is neither in force for good nor gone. */
const UNFINISHED: readonly ChangeState[] = ["applying", "waiting", "undoing"];

/** Reads what was changed on a host. Rejects with a `ChangeError` where the folder of changes may not be read. */
export async function readHistory(host: HostReader, stateFolder: string = STATE_FOLDER): Promise<History> {
  const journals: Journal[] = [];
  const damaged: DamagedChange[] = [];
  for (const id of await listChanges(host, stateFolder)) {
    const read = await readChange(host, stateFolder, id);
    if (read === null) continue;
    if ("part" in read) damaged.push(read);
    else journals.push(read);
  }
  return { journals, damaged };
}

/** The journal of one change. Rejects with a `ChangeError` where there is none, or where it is damaged. */
export async function readJournal(host: HostReader, stateFolder: string, id: string): Promise<Journal> {
  const read = await readChange(host, stateFolder, id);
  if (read === null) throw new ChangeError({ code: "no-such-change", data: { id } });
  if (!("part" in read)) return read;
  throw new ChangeError({ code: "state-unreadable", data: { path: `${stateFolder}/${id}`, detail: read.part } });
}

/** A change that must come to its end before another one begins; null where there is none. */
async function findUnfinished(
  host: HostReader,
  stateFolder: string,
): Promise<{ readonly id: string; readonly state: ChangeState | "damaged" } | null> {
  const { journals, damaged } = await readHistory(host, stateFolder);
  const unfinished = journals.find(({ state }) => UNFINISHED.includes(state));
  if (unfinished !== undefined) return { id: unfinished.id, state: unfinished.state };
  const [first] = damaged;
  return first === undefined ? null : { id: first.id, state: "damaged" };
}

/** Rejects with a `ChangeError` where a change has not come to its end: the host is not as it will be. */
export async function refuseUnfinished(host: HostReader, stateFolder: string = STATE_FOLDER): Promise<void> {
  const unfinished = await findUnfinished(host, stateFolder);
  if (unfinished !== null) throw new ChangeError({ code: "change-unfinished", data: unfinished });
}

/** Null for one that was never begun: nothing was touched before its state was written. */
async function readChange(host: HostReader, stateFolder: string, id: string): Promise<Journal | DamagedChange | null> {
  const folder = `${stateFolder}/${id}`;
  const stateText = await host.readFile(`${folder}/state`);
  if (!stateText.ok && stateText.why === "absent") return null;
  const state = parseState(must(stateText));
  if (state === null) return { id, part: "state" };
  const planText = await host.readFile(`${folder}/plan.json`, LONGEST_FILE_BYTES);
  const plan = planText.ok ? parsePlan(planText.value) : null;
  if (plan === null) return { id, part: "plan" };
  const lines = await host.readFile(`${folder}/journal.jsonl`, LONGEST_FILE_BYTES);
  const events = lines.ok ? parseEvents(lines.value) : null;
  if (events === null) return { id, part: "journal" };
  const confirmBy = state === "waiting" ? toTime(await host.readFile(`${folder}/deadline`)) : null;
  return { schema: "portlock.journal/1", id, state, confirmBy, plan, events };
}

/** Seconds since 1970 as ISO 8601, UTC; null where they are none: it is then taken back at once. */
function toTime(text: Awaited<ReturnType<HostReader["readFile"]>>): string | null {
  const seconds = text.ok && /^\d{1,11}\n$/.test(text.value) ? Number(text.value) : null;
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}
