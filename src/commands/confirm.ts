import { confirmChange } from "../apply/confirm-change.ts";
import { formatJournal } from "../report/journal.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type LayoutFlags, toTextOptions } from "./page.ts";

export type ConfirmFlags = LayoutFlags & {
  readonly host?: string;
  readonly json?: boolean;
  readonly lang?: string;
};

/** `portlock confirm [ID]`: keeps a change that would go back by itself, unless an id is given the one that waits. */
export async function confirm(session: Session, flags: ConfirmFlags, id?: string): Promise<ExitCode> {
  const host = await session.openWriter(flags.host ?? "localhost");
  try {
    const journal = await confirmChange(host, id ?? null, { now: () => session.now(), hear: () => {} });
    const isJson = flags.json === true;
    session.out.write(isJson ? toJson(journal) : formatJournal(journal, toTextOptions(session, flags, flags.host)));
    return EXIT.clear;
  } finally {
    await host.close();
  }
}
