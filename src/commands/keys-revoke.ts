import { revokeKey } from "../gateway/keys/key-acts.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { RevokeFlags } from "./keys-flags.ts";
import { toMoment } from "./keys-page.ts";
import { changeStore, toActor } from "./open-data.ts";

/** `portlock keys revoke KEY`: takes a key out of force. One that was revoked before is told as such, with exit code 0. */
export async function revoke(session: Session, flags: RevokeFlags, idOrName: string): Promise<ExitCode> {
  const endsStreams = flags.endStreams === true;
  const says = session.words.commands.keys;
  return changeStore(session, flags.data, async (open) => {
    const { key, wasRevoked } = await revokeKey(open, idOrName, endsStreams, toActor(session));
    const { id, name, revokedAt } = key;
    const at = revokedAt ?? 0;
    if (flags.json === true) {
      session.out.write(
        toJson({
          schema: "portlock.revoked-key/1",
          id,
          name,
          revokedAt: new Date(at).toISOString(),
          wasRevoked,
          endsStreams,
        }),
      );
    } else {
      const told = [
        ...(wasRevoked ? [says.revokedBefore(name, toMoment(at))] : []),
        ...(wasRevoked && !endsStreams ? [] : [says.revoked(name, endsStreams)]),
      ];
      session.out.write(`${told.join("\n")}\n`);
    }
    return EXIT.clear;
  });
}
