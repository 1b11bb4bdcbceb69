import { rotateKey } from "../gateway/keys/key-acts.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { RotateFlags } from "./keys-flags.ts";
import { toMoment } from "./keys-page.ts";
import { changeStore, toActor } from "./open-data.ts";

const GRACE_MS = 86_400_000;

/** `portlock keys rotate KEY`: gives a key a new text, printed as `create` prints it. */
export async function rotate(session: Session, flags: RotateFlags, idOrName: string): Promise<ExitCode> {
  const actor = toActor(session);
  const graceMs = flags.grace ?? GRACE_MS;
  const says = session.words.commands.keys;
  return changeStore(session, flags.data, async (open) => {
    const { key, text } = await rotateKey(open, idOrName, graceMs, actor);
    const until = actor.at + graceMs;
    if (flags.json === true) {
      const olderValidUntil = new Date(until).toISOString();
      session.out.write(
        toJson({ schema: "portlock.made-key/1", id: key.id, name: key.name, key: text, olderValidUntil }),
      );
      return EXIT.clear;
    }
    session.err.write(`${says.rotated(key.name, toMoment(until))}\n`);
    session.out.write(`${text}\n`);
    session.err.write(`${says.shownOnce}\n`);
    return EXIT.clear;
  });
}
