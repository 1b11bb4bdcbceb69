import type { ChangeCommand } from "../host/change-command.ts";
import type { FileChange, Step } from "./plan.ts";
import type { ChangeSite } from "./firewall-change.ts";

/** A service of Portlock's own that loads rules when the host starts, and now. */
export interface RuleUnit {
  readonly name: string;
  readonly text: string;
  /** Files that it reads. */
  readonly files: readonly FileChange[];
}

const FOLDER = "/etc/portlock";
const UNITS = "/etc/systemd/system";

export function toUnitPath({ name }: Pick<RuleUnit, "name">): string {
  return `${UNITS}/${name}`;
}

/**
 * Writes a unit, has it start with the host and starts it: what runs now is what will run then. Where the unit was
 * there before, taking back means that it loads what its files said before.
 */
export function toUnitWork(
  unit: RuleUnit,
  { texts }: Pick<ChangeSite, "texts">,
): Pick<Step, "folders" | "files" | "commands" | "undo"> {
  const { name, text, files } = unit;
  const path = toUnitPath(unit);
  const reload: ChangeCommand = ["systemctl", "daemon-reload"];
  const restart: ChangeCommand = ["systemctl", "restart", "--", name];
  const wasThere = (texts.get(path) ?? null) !== null;
  return {
    folders: files.length === 0 ? [] : [FOLDER],
    files: [...files, { path, edit: { kind: "write", text, mode: 0o644 } }],
    commands: [reload, ["systemctl", "enable", "--", name], restart],
    undo: wasThere
      ? { before: [], after: [reload, restart] }
      : {
          before: [
            ["systemctl", "disable", "--", name],
            ["systemctl", "stop", "--", name],
          ],
          after: [reload],
        },
  };
}

export function toOwnPath(name: string): string {
  return `${FOLDER}/${name}`;
}
