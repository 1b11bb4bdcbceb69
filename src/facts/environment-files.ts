import type { HostReader, Reading } from "../host/host.ts";
import { ACCOUNT_FILES, accountsToRead, SYSTEM_FILES, SYSTEM_FOLDERS } from "./environment-places.ts";
import type { Dialect, Place, PlaceFolder } from "./environment-places.ts";
import type { Identity } from "./identity.ts";
import { inTurns } from "./in-turns.ts";
import { parseManagerEnvironment } from "./manager-environment.ts";
import { parsePamConfiguration, parsePamEnvironment } from "./pam-environment.ts";
import type { Process } from "./processes.ts";
import { readWithin, type ReadingBudget, toReadingBudget } from "./reading-budget.ts";
import { maskText, maskValue } from "./secrets.ts";
import { parseFishEnvironment, parseShellEnvironment } from "./shell-environment.ts";
import { parseSystemdEnvironment } from "./systemd-environment.ts";
import type { FailedReading } from "./unit-directories.ts";
import { environmentFilesOf, matchesPattern } from "./unit-environment-files.ts";
import type { NamedFile } from "./unit-environment-files.ts";
import type { Unit } from "./units.ts";
import type { Wanted } from "./wanted.ts";

/** Who reads a file that can declare a setting. */
export type EnvironmentFileKind =
  | "pam" // /etc/environment, /etc/security/pam_env.conf: read at login, not by system services
  | "environment.d" // environment.d(5): read by user managers only
  | "shell" // profiles and rc files: read by shells
  | "defaults" // /etc/default/NAME, /etc/sysconfig/NAME: read only where a unit names them
  | "manager" // system.conf.d DefaultEnvironment=: read by PID 1 for every service
  | "unit"; // named by EnvironmentFile= of a unit

/** A file in which people declare settings for the environment, with the assignments of known names. */
export interface EnvironmentFile {
  readonly path: string;
  readonly kind: EnvironmentFileKind;
  /** The account whose own file it is; null for a file that is everybody's. */
  readonly uid: number | null;
  /** For kind `unit`: who reads it. The files of one unit stand in the order in which it reads them. */
  readonly unit: UnitReader | null;
  readonly modifiedAt: string | null;
  readonly assignments: Reading<readonly EnvironmentAssignment[]>;
}

/** The unit that names a file. */
export interface UnitReader {
  readonly name: string;
  readonly scope: "system" | "user";
  /** Whether the manager has loaded that line. Null: what it has loaded could not be read. */
  readonly loaded: boolean | null;
}

export interface EnvironmentAssignment {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** For shell files: whether this line or a later one exports it. Elsewhere true. */
  readonly exported: boolean;
  /**
   * False where the file's reader throws the line away: `export A=b` in a file that systemd reads makes a
   * variable called `export A`.
   */
  readonly understood: boolean;
  /** The assignment as written, other words of the line left out. */
  readonly text: string;
}

/** Profiles are small; a larger file is reported as too large. */
const LARGEST_FILE_BYTES = 256 * 1024;
const AT_A_TIME = 32;
/** Files of one folder, and text of one user's files or the system's: beyond it they are reported as too large. */
const MOST_IN_FOLDER = 128;
/** Of one file; the last ones, because a later one wins. */
const MOST_ASSIGNMENTS = 128;
const MOST_TEXT = 2 * 1024 * 1024;

/**
 * Reads every place in which people declare a server's settings and keeps the wanted names. Files without any
 * of them are left out, files that are there and could not be read are failed readings. A home directory that
 * may not be listed stands for all the files in it. Of people who started no server by hand, what cannot be read
 * is left out too: their profiles reach no server, whatever they say.
 */
export async function gatherEnvironmentFiles(
  host: HostReader,
  wanted: Pick<Wanted, "variables" | "defaultsFiles" | "looksLikeServer">,
  units: readonly Unit[],
  identity: Pick<Identity, "accounts"> | null,
  processes: readonly Process[],
): Promise<readonly EnvironmentFile[]> {
  const accounts = identity === null ? [] : accountsToRead(identity, processes);
  const [inFolders, ofUnits, ...ofAccounts] = await Promise.all([
    findInFolders(host, SYSTEM_FOLDERS),
    findOfUnits(host, units),
    ...accounts.map(async ({ uid, home }) => findOfAccount(host, uid, home)),
  ]);
  const defaults = wanted.defaultsFiles
    .flatMap((name) => [`/etc/default/${name}`, `/etc/sysconfig/${name}`])
    .map((path): Place => ({ path, kind: "defaults", dialect: "systemd", uid: null, unit: null }));
  const found = [[...SYSTEM_FILES, ...defaults], inFolders, ofUnits, ...ofAccounts].flat();
  const named = new Set(found.flatMap((place) => (isPlace(place) && place.kind === "unit" ? [place.path] : [])));
  const budget = toReadingBudget(MOST_TEXT);
  const files = await inTurns(found, AT_A_TIME, async (place) => {
    if (!isPlace(place)) return place;
    if (place.kind === "defaults" && named.has(place.path)) return null;
    return readPlace(host, place, wanted.variables, budget);
  });
  const starters = new Set(
    processes.filter((process) => isByHand(process) && wanted.looksLikeServer(process)).map(({ uid }) => uid),
  );
  return files.flatMap((file) => (file === null || isBesideThePoint(file, starters) ? [] : [file]));
}

/** A process that may have its environment from a login. */
function isByHand({ cgroup }: Process): boolean {
  return cgroup?.kind !== "system-unit" && cgroup?.kind !== "container";
}

function isBesideThePoint({ uid, assignments, unit }: EnvironmentFile, starters: ReadonlySet<number | null>): boolean {
  return !assignments.ok && uid !== null && unit === null && !starters.has(uid);
}

/** A file still to be read, or what stands for files that could not even be listed. */
type Found = Place | EnvironmentFile;

function isPlace(found: Found): found is Place {
  return "dialect" in found;
}

const PARSERS: Readonly<
  Record<Dialect, (text: string, variables: readonly string[]) => readonly EnvironmentAssignment[]>
> = {
  pam: parsePamEnvironment,
  "pam-configuration": parsePamConfiguration,
  systemd: parseSystemdEnvironment,
  manager: parseManagerEnvironment,
  shell: parseShellEnvironment,
  fish: parseFishEnvironment,
};

async function readPlace(
  host: HostReader,
  place: Place,
  variables: readonly string[],
  budget: ReadingBudget,
): Promise<EnvironmentFile | null> {
  const { path, kind, uid, unit } = place;
  const text = await readWithin(budget, host, { path, owner: uid, maxBytes: LARGEST_FILE_BYTES });
  if (!text.ok) return text.why === "absent" ? null : toUnread(place, text);
  const assignments = PARSERS[place.dialect](text.value, variables)
    .slice(-MOST_ASSIGNMENTS)
    .map((assignment) => ({
      ...assignment,
      value: maskValue(assignment.value),
      text: maskText(assignment.text, [assignment]),
    }));
  if (assignments.length === 0) return null;
  const status = await host.stat(path);
  const modifiedAt = status.ok ? status.value.modifiedAt : null;
  return { path, kind, uid, unit, modifiedAt, assignments: { ok: true, value: assignments, from: path } };
}

function toUnread(
  { path, kind, uid, unit }: Pick<Place, "path" | "kind" | "uid" | "unit">,
  failure: FailedReading,
): EnvironmentFile {
  return { path, kind, uid, unit, modifiedAt: null, assignments: failure };
}

async function findInFolders(host: HostReader, folders: readonly PlaceFolder[]): Promise<readonly Found[]> {
  const listings = await Promise.all(
    folders.map(async (folder) => ({ folder, names: await host.listDirectory(folder.path) })),
  );
  const seen = new Set<string>();
  return listings.flatMap(({ folder, names }): readonly Found[] => {
    const { path, kind, dialect, uid, suffix, group } = folder;
    if (!names.ok) return names.why === "absent" ? [] : [toUnread(folder, names)];
    const wanted = names.value.filter((name) => name.endsWith(suffix));
    const left = wanted.length - MOST_IN_FOLDER;
    const unread: Found[] =
      left <= 0 ? [] : [toUnread(folder, { ok: false, why: "too-large", from: path, detail: `${left} more files` })];
    const places = wanted.slice(-MOST_IN_FOLDER).flatMap((name): readonly Found[] => {
      const key = `${group}/${name}`;
      // systemd links this one to /etc/environment, which is read as itself.
      const skipped = seen.has(key) || name === "99-environment.conf";
      seen.add(key);
      return skipped ? [] : [{ path: `${path}/${name}`, kind, dialect, uid, unit: null }];
    });
    return [...places, ...unread];
  });
}

async function findOfAccount(host: HostReader, uid: number, home: string): Promise<readonly Found[]> {
  const names = await host.listDirectory(home);
  if (!names.ok) return names.why === "absent" ? [] : [toUnread({ path: home, kind: "shell", uid, unit: null }, names)];
  const own = names.value.flatMap((name): readonly Place[] => {
    const place = ACCOUNT_FILES.get(name);
    return place === undefined ? [] : [{ path: `${home}/${name}`, uid, unit: null, ...place }];
  });
  if (!names.value.includes(".config")) return own;
  const path = `${home}/.config/environment.d`;
  const place = { kind: "environment.d", dialect: "systemd", uid, unit: null } as const;
  const fish: Place = { path: `${home}/.config/fish/config.fish`, kind: "shell", dialect: "fish", uid, unit: null };
  return [...own, fish, ...(await findInFolders(host, [{ path, suffix: ".conf", group: path, ...place }]))];
}

async function findOfUnits(host: HostReader, units: readonly Unit[]): Promise<readonly Found[]> {
  const named = units.flatMap((unit) => environmentFilesOf(unit).map((file) => ({ unit, file })));
  const found = await Promise.all(named.map(async ({ unit, file }) => findOfUnit(host, unit, file)));
  return found.flat();
}

async function findOfUnit(host: HostReader, unit: Unit, { path, loaded }: NamedFile): Promise<readonly Found[]> {
  const reader = { name: unit.name, scope: unit.scope, loaded };
  function toPlace(found: string): Place {
    return { path: found, kind: "unit", dialect: "systemd", uid: unit.uid, unit: reader };
  }
  const folder = path.slice(0, path.lastIndexOf("/"));
  const name = path.slice(folder.length + 1);
  if (path.includes("%") || /[*?[]/.test(folder)) {
    return [toUnread(toPlace(path), { ok: false, why: "unparsed", from: path, detail: "specifier or pattern" })];
  }
  if (!/[*?[]/.test(name)) return [toPlace(path)];
  const names = await host.listDirectory(folder);
  if (!names.ok) return names.why === "absent" ? [] : [toUnread(toPlace(folder), names)];
  return names.value
    .filter((candidate) => matchesPattern(name, candidate))
    .map((match) => toPlace(`${folder}/${match}`));
}
