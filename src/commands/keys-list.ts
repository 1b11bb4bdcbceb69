import { toJson } from "../report/json.ts";
import { getKey } from "../gateway/keys/key-acts.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { ListFlags, ShowFlags } from "./keys-flags.ts";
import { formatKey, formatKeys, toKeyDocument } from "./keys-page.ts";
import { withStore } from "./open-data.ts";
import { toTextOptions } from "./page.ts";

/** `portlock keys list`: the keys there are, without the revoked ones unless they are asked for. */
export async function list(session: Session, flags: ListFlags): Promise<ExitCode> {
  const now = session.now().getTime();
  const stored = await withStore(session, flags.data, ({ store }) => store.listKeys());
  const shown = stored.filter(({ key }) => flags.all === true || key.revokedAt === null);
  if (flags.json === true) {
    session.out.write(toJson({ schema: "portlock.keys/1", keys: shown.map((each) => toKeyDocument(each, now)) }));
    return EXIT.clear;
  }
  const hidden = stored.length - shown.length;
  session.out.write(formatKeys(shown, hidden, now, session.words.commands.keys, toTextOptions(session, flags)));
  return EXIT.clear;
}

/** `portlock keys show KEY`: all there is to know of one key. */
export async function show(session: Session, flags: ShowFlags, idOrName: string): Promise<ExitCode> {
  const now = session.now().getTime();
  const stored = await withStore(session, flags.data, (open) => getKey(open, idOrName));
  session.out.write(
    flags.json === true
      ? toJson({ schema: "portlock.key/1", ...toKeyDocument(stored, now) })
      : formatKey(stored, now, session.words.commands.keys, toTextOptions(session, flags)),
  );
  return EXIT.clear;
}
