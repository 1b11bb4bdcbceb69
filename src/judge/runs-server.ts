import type { Unit } from "../facts/units.ts";
import { KINDS } from "../servers/catalogue.ts";
import type { JudgedHost } from "./rule.ts";
import { toServerProcess } from "./server-facts.ts";
import type { Server } from "./server.ts";
import { isStartedDirectly } from "./declare-in-unit.ts";

/** A scope holds processes that somebody else started: it has no command, no environment and no restart. */
export function isServiceUnit({ name }: Unit): boolean {
  return name.endsWith(".service");
}

/**
 * Whether a unit is the service of a server, and not one in which somebody merely started it: what cron, a login or a
 * supervisor starts stands in their unit too, and to restart that would stop everything else in it.
 */
export function runsServer(host: Pick<JudgedHost, "facts">, unit: Unit, server: Server): boolean {
  const process = toServerProcess(host, server);
  const mainPid = unit.loaded.ok ? unit.loaded.value.mainPid : null;
  if (process !== null && (mainPid === process.pid || isStartedDirectly(unit, process))) return true;
  return KINDS.find(({ id }) => id === server.kind)?.units?.test(unit.name) === true;
}
