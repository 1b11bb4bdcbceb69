import type { RuleId } from "../judge/finding.ts";
import type { LoopbackPlace } from "../judge/loopback-value.ts";
import type { Unit } from "../facts/units.ts";
import type { Server } from "../judge/server.ts";
import type { Leave, Remark } from "./plan.ts";
import type { SettingWish } from "./own-environment-file.ts";

/** All that is to become of one unit, gathered before it is planned, so that it is restarted once. */
export interface UnitWish {
  readonly server: Server;
  readonly unit: Unit;
  /** Where the server is to listen from the restart on; null: where it listens now. */
  readonly place: LoopbackPlace | null;
  readonly settings: readonly SettingWish[];
  /** Lines of `[Service]`. */
  readonly directives: readonly string[];
  readonly mends: readonly RuleId[];
  readonly remarks: readonly Remark[];
}

/** One thing that is wanted of a unit, and what of it cannot be had. */
export type PartialWish = Partial<Omit<UnitWish, "server" | "unit">> & { readonly leaves?: readonly Leave[] };

/** Everything that is wanted of a unit as one. */
export function joinWishes(server: Server, unit: Unit, parts: readonly PartialWish[]): UnitWish {
  return {
    server,
    unit,
    place: parts.find(({ place }) => place !== undefined && place !== null)?.place ?? null,
    settings: parts.flatMap(({ settings }) => settings ?? []),
    directives: parts.flatMap(({ directives }) => directives ?? []),
    mends: parts.flatMap(({ mends }) => mends ?? []),
    remarks: parts.flatMap(({ remarks }) => remarks ?? []),
  };
}
