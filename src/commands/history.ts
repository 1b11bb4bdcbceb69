import { readHistory } from "../apply/read-history.ts";
import { formatHistory, type HistoryDocument } from "../report/journal.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type LayoutFlags, toTextOptions } from "./page.ts";

export type HistoryFlags = LayoutFlags & {
  readonly host?: string;
  readonly json?: boolean;
  readonly lang?: string;
};

/**
 * `portlock history`: what Portlock has changed on a host, and how each change stands. It only reads. The exit code is
 * 2 where a change cannot be told.
 */
export async function history(session: Session, flags: HistoryFlags): Promise<ExitCode> {
  const host = await session.openHost(flags.host ?? "localhost");
  try {
    const read = await readHistory(host);
    const document: HistoryDocument = { schema: "portlock.history/1", ...read };
    session.out.write(
      flags.json === true ? toJson(document) : formatHistory(read, toTextOptions(session, flags, flags.host)),
    );
    return read.damaged.length === 0 ? EXIT.clear : EXIT.unknown;
  } finally {
    await host.close();
  }
}
