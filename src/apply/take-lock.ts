import type { HostReader } from "../host/host.ts";
import type { Hold, HostWriter } from "../host/writer.ts";
import { ChangeError } from "./change-error.ts";
import { readHistory } from "./read-history.ts";

/** The word the door has for a lock that somebody else holds. */
const HELD = "held";

/** The lock that whoever changes this host has; rejects where somebody has it. */
export async function takeLock(host: HostWriter, stateFolder: string): Promise<Hold> {
  const hold = await host.hold(`${stateFolder}/lock`);
  if (hold.ok) return hold.value;
  if (hold.detail === HELD) throw await toAtWork(host, stateFolder);
  throw new ChangeError({ code: "change-not-begun", data: { detail: hold.detail ?? hold.why } });
}

/** Says who has the lock, by the change that is being made or taken back. */
export async function toAtWork(host: HostReader, stateFolder: string): Promise<ChangeError> {
  const { journals } = await readHistory(host, stateFolder);
  const found = journals.findLast(({ state }) => state === "applying" || state === "undoing");
  const change = found === undefined ? null : { id: found.id, begunAt: found.events[0]?.at ?? found.plan.madeAt };
  return new ChangeError({ code: "change-at-work", data: { change } });
}
