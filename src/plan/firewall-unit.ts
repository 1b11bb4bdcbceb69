import type { ChangeCommand } from "../host/change-command.ts";
import type { ChangeSite, FirewallChange } from "./firewall-change.ts";
import type { FileChange } from "./plan.ts";

/** A service of Portlock's own that loads rules when the host starts, and now. */
export interface RuleUnit {
  readonly name: `${string}.service`;
  /** Everything but what starts it. */
  readonly text: readonly string[];
  /** Units that start it. */
  readonly wantedBy: readonly string[];
  /** Files that go with it, and the folders that they need. */
  readonly files: readonly FileChange[];
  readonly folders: readonly string[];
}

/** First line of every file that Portlock writes for a firewall. */
export const HEAD = "# Written by Portlock, and taken back by `portlock undo`.";

const UNITS = "/etc/systemd/system";

export function toUnitPath({ name }: Pick<RuleUnit, "name">): string {
  return `${UNITS}/${name}`;
}

/** Where a drop-in for somebody else's unit lies. */
export function toDropInFolder(unit: string): string {
  return `${UNITS}/${unit}.d`;
}

/**
 * Writes a unit, has it start with the host and starts it: what runs now is what will run then. Where the unit was
 * there before, taking back means that it loads what its files said before. The links that start it are kept, and not
 * taken away by `systemctl disable`, which fails where the unit is gone already.
 */
export function toUnitWork(unit: RuleUnit, { texts }: Pick<ChangeSite, "texts">): FirewallChange["work"] {
  const { name, text, files, folders, wantedBy } = unit;
  const path = toUnitPath(unit);
  const reload: ChangeCommand = ["systemctl", "daemon-reload"];
  const restart: ChangeCommand = ["systemctl", "restart", "--", name];
  const wasThere = (texts.get(path) ?? null) !== null;
  const whole = [HEAD, ...text, "", "[Install]", `WantedBy=${wantedBy.join(" ")}`, ""].join("\n");
  return {
    folders: [...folders, ...wantedBy.map(toWantsFolder)],
    files: [...files, { path, edit: { kind: "write", text: whole, mode: 0o644 } }],
    keeps: wantedBy.map((by) => `${toWantsFolder(by)}/${name}`),
    commands: [reload, ["systemctl", "enable", "--", name], restart],
    undo: wasThere
      ? { before: [], after: [reload, restart] }
      : { before: [["systemctl", "stop", "--", toPattern(name)]], after: [reload] },
  };
}

function toWantsFolder(unit: string): string {
  return `${UNITS}/${unit}.wants`;
}

/** Matches that unit alone; of a pattern that matches nothing systemctl says nothing, of a name that it is not there. */
function toPattern(name: RuleUnit["name"]): string {
  return name.replace(/e$/, "?");
}
