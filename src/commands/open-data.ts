import { homedir } from "node:os";
import { toActorName } from "../gateway/audit/actor.ts";
import type { Actor } from "../gateway/keys/key-acts.ts";
import { readDataPlace } from "../gateway/store/data-place.ts";
import { openStore } from "../gateway/store/open-store.ts";
import type { OpenStore } from "../gateway/store/open-tables.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";

/** Opens the store that `--data` names, hands it in, and closes it whatever happens. A look makes no store. */
export async function withStore<Result>(
  { env }: Session,
  data: string | undefined,
  use: (open: OpenStore) => Promise<Result>,
  mayCreate: boolean = false,
): Promise<Result> {
  const isRoot = process.geteuid?.() === 0;
  const reading = readDataPlace(data, { env, isRoot, home: env["HOME"] ?? homedir() });
  if (!reading.ok) throw new CommandError({ code: "data-refused", data: { why: reading.why } });
  const open = await openStore(reading.place, mayCreate);
  try {
    return await use(open);
  } finally {
    await open.store.close();
  }
}

/** Who acts, for the audit log. */
export function toActor(session: Session): Actor {
  return { at: session.now().getTime(), by: toActorName(session.env) };
}
