import { createKey, createSignedKey, type MadeKey } from "../gateway/keys/key-acts.ts";
import type { OpenStore } from "../gateway/store/open-tables.ts";
import { GATEWAY_UNIT_FILE } from "../plan/gateway/gateway-choices.ts";
import { toJson } from "../report/json.ts";
import { toCommandLine } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type CreateFlags, toWish } from "./keys-flags.ts";
import { changeStore, toActor } from "./open-data.ts";

/**
 * `portlock keys create NAME`: makes a key. Standard output holds its text and nothing else, so that it can go into a
 * variable or a file without being seen; what there is to say goes beside it.
 */
export async function create(session: Session, flags: CreateFlags, name: string): Promise<ExitCode> {
  const actor = toActor(session);
  const wish = toWish(name, flags, actor.at);
  const says = session.words.commands.keys;
  const make = async (open: OpenStore): Promise<MadeKey> =>
    flags.ollamaKey === undefined ? createKey(open, wish, actor) : createSignedKey(open, wish, flags.ollamaKey, actor);
  const { key, text } = await changeStore(session, flags.data, make, true);
  if (flags.json === true) {
    session.out.write(toJson({ schema: "portlock.made-key/1", id: key.id, name: key.name, key: text }));
    return EXIT.clear;
  }
  session.err.write(`${says.created(key.name, key.id)}\n`);
  if (text !== null) session.out.write(`${text}\n`);
  session.err.write(`${text === null ? says.createdForSignature(key.name) : says.shownOnce}\n`);
  if (flags.data === undefined && process.geteuid?.() !== 0 && (await isServicePresent(session))) {
    session.err.write(`${says.notOfService(toCommandLine(["sudo", "portlock", "keys", "create", key.name]))}\n`);
  }
  return EXIT.clear;
}

async function isServicePresent(session: Session): Promise<boolean> {
  const host = await session.openHost("localhost");
  try {
    return (await host.stat(GATEWAY_UNIT_FILE)).ok;
  } finally {
    await host.close();
  }
}
