import { undoChange } from "../apply/undo-change.ts";
import { formatJournal } from "../report/journal.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type LayoutFlags, toTextOptions } from "./page.ts";

export type UndoFlags = LayoutFlags & {
  readonly host?: string;
  readonly json?: boolean;
  readonly lang?: string;
};

/**
 * `portlock undo [ID]`: takes a change back, unless an id is given the last one that is in force. The exit code is 0
 * where all of it is as it was, 1 where something could not be taken back.
 */
export async function undo(session: Session, flags: UndoFlags, id?: string): Promise<ExitCode> {
  const host = await session.openWriter(flags.host ?? "localhost");
  try {
    const journal = await undoChange(host, id ?? null);
    const isJson = flags.json === true;
    session.out.write(isJson ? toJson(journal) : formatJournal(journal, toTextOptions(session, flags, flags.host)));
    return journal.state === "undone" ? EXIT.clear : EXIT.findings;
  } finally {
    await host.close();
  }
}
