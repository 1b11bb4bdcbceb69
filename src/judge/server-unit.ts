import type { Unit, UnitLine } from "../facts/units.ts";
import type { JudgedHost } from "./rule.ts";
import type { Server } from "./server.ts";

/** The systemd unit that runs a server; null where none does, or where units could not be read. */
export function toServerUnit(host: Pick<JudgedHost, "facts">, server: Server): Unit | null {
  const { runBy } = server;
  if (runBy.kind !== "systemd" || !host.facts.units.ok) return null;
  const uid = runBy.scope === "user" ? runBy.uid : null;
  const units = host.facts.units.value;
  return units.find((each) => each.name === runBy.unit && each.scope === runBy.scope && each.uid === uid) ?? null;
}

/** Every unit that was read, with the server it runs; null where it runs none. */
export function toUnitServers(host: JudgedHost): readonly { readonly unit: Unit; readonly server: Server | null }[] {
  if (!host.facts.units.ok) return [];
  const serverOf = new Map(host.servers.map((server) => [toServerUnit(host, server), server]));
  return host.facts.units.value.map((unit) => ({ unit, server: serverOf.get(unit) ?? null }));
}

/** The lines of a unit's files that were read, each with the path of its file. */
export function toUnitLines(unit: Unit): readonly { readonly file: string; readonly line: UnitLine }[] {
  return unit.files.flatMap((file) =>
    file.ok ? file.value.lines.map((line) => ({ file: file.value.path, line })) : [],
  );
}
