import type { HostWriter } from "../host/writer.ts";
import { ChangeError } from "./change-error.ts";
import { type ChangeSettings, setState, toNote } from "./change-folder.ts";
import type { Journal } from "./journal.ts";
import { readHistory, readJournal } from "./read-history.ts";
import { prepareStateFolder, STATE_FOLDER } from "./state-folder.ts";
import { takeLock } from "./take-lock.ts";

/**
 * Confirms a change that waits for it, so that it stays: that of the id, or for null the one that waits. Rejects with
 * a `ChangeError` where none does, or where it is being taken back already.
 */
export async function confirmChange(
  host: HostWriter,
  id: string | null,
  settings: Pick<ChangeSettings, "now" | "hear">,
  stateFolder: string = STATE_FOLDER,
): Promise<Journal> {
  await prepareStateFolder(host, stateFolder);
  const hold = await takeLock(host, stateFolder);
  try {
    const { journals } = await readHistory(host, stateFolder);
    const waiting = journals.findLast((each) => each.state === "waiting" && (id === null || each.id === id));
    if (waiting === undefined) throw new ChangeError({ code: "nothing-to-confirm", data: { id } });
    const folder = `${stateFolder}/${waiting.id}`;
    await setState({ host, folder }, "applied");
    await toNote(host, folder, settings)("confirmed");
    return await readJournal(host, stateFolder, waiting.id);
  } finally {
    await hold.release();
  }
}
