import type { Facts } from "../facts/facts.ts";
import type { Unit } from "../facts/units.ts";
import type { FileText } from "./file-edit.ts";

/** A variable and the value it is to have. */
export interface SettingWish {
  readonly name: string;
  readonly value: string;
}

/** Portlock's own environment file of a unit. */
export interface OwnEnvironmentFile {
  readonly folder: string;
  readonly path: string;
}

const HEADER = "# Written by Portlock, which `portlock undo` takes back.";

/**
 * Where systemd lets a file win over `Environment=`, a file of Portlock's own wins over that one by standing behind
 * it. The other file is not touched: it belongs to somebody, holds what may be secret, and may be written anew by
 * whoever made it, after which the unit would be open again.
 */
export function toOwnEnvironmentFile(unit: Unit, isForSession: boolean): OwnEnvironmentFile {
  const folder = isForSession ? "/run/portlock" : "/etc/portlock";
  return { folder, path: `${folder}/${unit.scope}-${unit.name.replaceAll("\\", "_")}.env` };
}

/** The lines that are there already, and these settings; a setting that stands there is replaced. */
export function toOwnEnvironmentText(existing: FileText, settings: readonly SettingWish[]): string {
  const names = new Set(settings.map(({ name }) => name));
  const before = (existing ?? "").split(/\r?\n/).filter((line) => line !== "" && line !== HEADER);
  const kept = before.filter((line) => !names.has(line.split("=", 1)[0] ?? ""));
  return [HEADER, ...kept, ...settings.map(({ name, value }) => `${name}=${value}`), ""].join("\n");
}

/**
 * Whether a file that the unit reads its environment from sets this variable, or may: one that could not be read
 * counts as one that does. /etc/environment counts where the unit is about to read it.
 */
export function isSetByFile(
  { environmentFiles }: Pick<Facts, "environmentFiles">,
  unit: Unit,
  name: string,
  readsEtcEnvironment: boolean,
): boolean {
  return environmentFiles.some((file) => {
    const isOfUnit =
      file.unit !== null && file.unit.name === unit.name && file.unit.scope === unit.scope && file.uid === unit.uid;
    if (!isOfUnit && !(readsEtcEnvironment && file.path === "/etc/environment")) return false;
    return !file.assignments.ok || file.assignments.value.some((assignment) => assignment.name === name);
  });
}
