import { homedir } from "node:os";
import { toActorName } from "../gateway/audit/actor.ts";
import type { Actor } from "../gateway/keys/key-acts.ts";
import { readDataPlace, type DataPlace } from "../gateway/store/data-place.ts";
import { openStore } from "../gateway/store/open-store.ts";
import type { OpenStore } from "../gateway/store/open-tables.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";

/** Opens the store that `--data` names, hands it in, and closes it whatever happens. A look makes no store. */
export async function withStore<Result>(
  session: Session,
  data: string | undefined,
  use: (open: OpenStore) => Promise<Result>,
  mayCreate: boolean = false,
): Promise<Result> {
  return withPlace(toDataPlace(session, data), use, mayCreate);
}

/** The same for a place that is known. */
export async function withPlace<Result>(
  place: DataPlace,
  use: (open: OpenStore) => Promise<Result>,
  mayCreate: boolean = false,
): Promise<Result> {
  const open = await openStore(place, mayCreate);
  try {
    return await use(open);
  } finally {
    await open.store.close();
  }
}

/**
 * The same for a change of keys. Where PORTLOCK_REDIS_URL says where gateways share their limits, they are told to look
 * at once; those that are not told look seven times a second by themselves.
 */
export async function changeStore<Result>(
  session: Session,
  data: string | undefined,
  use: (open: OpenStore) => Promise<Result>,
  mayCreate: boolean = false,
): Promise<Result> {
  const result = await withStore(session, data, use, mayCreate);
  const redisUrl = session.env["PORTLOCK_REDIS_URL"] ?? "";
  if (redisUrl !== "") await (await import("../gateway/shared/announce-change.ts")).announceChange(redisUrl);
  return result;
}

/** Where data of the service lies, whoever asks: it is started by root. Throws as `toDataPlace` does. */
export function toServicePlace(session: Pick<Session, "env">, data: string | undefined): DataPlace {
  return toDataPlace(session, data, true);
}

/** Where data lies by `--data` and what surrounds it. Throws a `CommandError` where that is not understood. */
export function toDataPlace(
  { env }: Pick<Session, "env">,
  data: string | undefined,
  isRoot: boolean = process.geteuid?.() === 0,
): DataPlace {
  const reading = readDataPlace(data, { env, isRoot, home: env["HOME"] ?? homedir() });
  if (!reading.ok) throw new CommandError({ code: "data-refused", data: { why: reading.why } });
  return reading.place;
}

/** Who acts, for the audit log. */
export function toActor(session: Session): Actor {
  return { at: session.now().getTime(), by: toActorName(session.env) };
}
