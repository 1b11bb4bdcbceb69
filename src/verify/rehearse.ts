import type { HostWriter } from "../host/writer.ts";
import type { Server } from "../judge/server.ts";
import { toAuthority } from "../judge/authentication.ts";
import type { Place, Survival, TriedConnection } from "./proofs.ts";

/** Tries every door of the host again. */
export type TryAgain = () => Promise<readonly TriedConnection[]>;

export interface Rehearsed {
  readonly survival: readonly Survival[];
  /** What the last connections came to. */
  readonly proofs: readonly TriedConnection[];
}

const RESTART_MS = 60_000;
/** How long a service may take until it answers again. */
const PATIENCE = { tries: 100, pauseMs: 100 } as const;

/**
 * Really does the harmless things that happen to every host (systemd reads its files again; the service restarts), and
 * after each tries again from every place. What it drops: generations that run, and loaded models.
 */
export async function rehearse(
  writer: HostWriter,
  servers: readonly Server[],
  before: readonly TriedConnection[],
  tryAgain: TryAgain,
): Promise<Rehearsed> {
  const units = servers.flatMap(({ id, runBy }) =>
    runBy.kind === "systemd" && runBy.scope === "system" ? [{ id, unit: runBy.unit }] : [],
  );
  if (units.length === 0) return { survival: [], proofs: before };
  const reloaded = await writer.change(["systemctl", "daemon-reload"]);
  const isReloaded = reloaded.ok && reloaded.value.exitCode === 0;
  const afterReload = isReloaded ? await tryAgain() : null;
  const reload = afterReload === null ? [] : toHeld(units, "daemon-reload", before, afterReload);
  const restarted = await Promise.all(
    units.map(async (each) => {
      const output = await writer.change(["systemctl", "restart", "--", each.unit], { timeoutMs: RESTART_MS });
      return output.ok && output.value.exitCode === 0 ? [each] : [];
    }),
  );
  await waitUntilAnswered(writer, before);
  const proofs = await tryAgain();
  return { survival: [...reload, ...toHeld(restarted.flat(), "service-restart", before, proofs)], proofs };
}

function toHeld(
  servers: readonly { readonly id: string }[],
  event: Survival["event"],
  before: readonly TriedConnection[],
  after: readonly TriedConnection[],
): readonly Survival[] {
  return servers.map(({ id }) => {
    const mine = (each: TriedConnection): boolean => each.server === id && each.place.kind !== "host";
    const holds = holdsClosed(before.filter(mine), after.filter(mine));
    return { server: id, event, holds, because: "rehearsed", rehearsed: true };
  });
}

/** Whether every door that was shut is shut still; null where one of them was not tried again, or none was shut. */
export function holdsClosed(before: readonly TriedConnection[], after: readonly TriedConnection[]): boolean | null {
  const now = new Map(after.map((each) => [toKey(each), each.verdict]));
  const verdicts = before
    .filter(({ verdict }) => verdict === "closed")
    .map((each) => now.get(toKey(each)) ?? "unknown");
  if (verdicts.some((verdict) => verdict === "open" || verdict === "guarded")) return false;
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === "closed") ? true : null;
}

function toKey({ place, to }: TriedConnection): string {
  return `${toPlaceKey(place)} ${toAuthority(to.address, to.port)}`;
}

function toPlaceKey(place: Place): string {
  if (place.kind === "namespace") return place.as;
  return place.kind === "ssh" ? place.target : place.kind;
}

/** A service that was just started may need a moment before it listens. */
async function waitUntilAnswered(writer: HostWriter, before: readonly TriedConnection[]): Promise<void> {
  const own = before.filter(({ place, outcome }) => place.kind === "host" && outcome.kind === "answered");
  for (let tried = 0; tried < PATIENCE.tries; tried += 1) {
    const outcomes = await Promise.all(
      own.map(({ to }) => writer.request({ method: "GET", path: "/", address: to.address, port: to.port })),
    );
    if (outcomes.every(({ kind }) => kind === "answered")) return;
    await new Promise((resolve) => setTimeout(resolve, PATIENCE.pauseMs));
  }
}
