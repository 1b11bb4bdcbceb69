import type { Unit } from "../facts/units.ts";
import type { ChangeCommand } from "../host/change-command.ts";
import { isPlainUnitName, isUnitName } from "../judge/plain-names.ts";
import type { Server } from "../judge/server.ts";

/** How the manager of a unit is told to do something. */
export interface UnitManager {
  readonly reload: ChangeCommand;
  readonly restart: ChangeCommand;
  readonly stop: ChangeCommand;
  /** Makes it forget failed starts, or it would refuse one more (StartLimitBurst=). */
  readonly forgetFailures: ChangeCommand;
}

/** Names as useradd(8) takes them; one that begins with a dash would become an option. */
const ACCOUNT = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Null where its name, or that of its user, is none that may stand in a command. */
export function toManager(unit: Unit, { process }: Pick<Server, "process">): UnitManager | null {
  const { name, scope, uid } = unit;
  if (scope === "system") {
    if (!isUnitName(name)) return null;
    return {
      reload: ["systemctl", "daemon-reload"],
      restart: ["systemctl", "restart", "--", name],
      stop: ["systemctl", "stop", "--", name],
      forgetFailures: ["systemctl", "reset-failed", "--", name],
    };
  }
  const user = process?.user ?? "";
  if (uid === null || !ACCOUNT.test(user) || !isPlainUnitName(name)) return null;
  const asUser = ["runuser", "-u", user, "--", "env", `XDG_RUNTIME_DIR=/run/user/${uid}`] as const;
  return {
    reload: [...asUser, "systemctl", "--user", "daemon-reload"],
    restart: [...asUser, "systemctl", "--user", "restart", "--", name],
    stop: [...asUser, "systemctl", "--user", "stop", "--", name],
    forgetFailures: [...asUser, "systemctl", "--user", "reset-failed", "--", name],
  };
}

/** The state of a unit in which a restart would start what was not running. */
export function isStopped({ loaded }: Unit): boolean {
  return loaded.ok && ["inactive", "failed"].includes(loaded.value.activeState);
}
