import type { HostReader, Output, Reading } from "../host/host.ts";
import type { Identity } from "./identity.ts";
import { inTurns } from "./in-turns.ts";
import type { Process } from "./processes.ts";
import { readWithin, type ReadingBudget, toReadingBudget } from "./reading-budget.ts";
import { readUnitDirectories } from "./unit-directories.ts";
import type { UnitDirectories } from "./unit-directories.ts";
import { parseUnitFile } from "./unit-file.ts";
import { isServiceName, SYSTEM_UNIT_DIRECTORIES, userUnitDirectories } from "./unit-paths.ts";
import { parseShow, UNIT_PROPERTIES } from "./unit-show.ts";
import type { ShownUnit } from "./unit-show.ts";
import type { Wanted } from "./wanted.ts";

/** A service unit of systemd, as loaded and as its files declare it. */
export interface Unit {
  readonly name: string;
  readonly scope: "system" | "user";
  /** Whose user manager runs it; null for a system unit. */
  readonly uid: number | null;
  readonly loaded: Reading<LoadedUnit>;
  /** The main file first, then the drop-ins in the order systemd applies them (by file name). */
  readonly files: readonly Reading<UnitFile>[];
}

/** `systemctl show`: what the manager will use at the next start. */
export interface LoadedUnit {
  readonly activeState: string;
  readonly mainPid: number | null;
  /** True: a file changed after the manager read it, and daemon-reload is missing. */
  readonly needsDaemonReload: boolean;
  readonly mainFile: string | null;
  readonly dropIns: readonly string[];
  /** Declared settings only, later assignments already applied; the names a model server declares. */
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly { readonly path: string; readonly optional: boolean }[];
  readonly user: string | null;
  readonly enabled: string | null;
  /** ISO 8601, UTC: when the running main process was started. */
  readonly startedAt: string | null;
  readonly ipAddressDeny: readonly string[];
  readonly ipAddressAllow: readonly string[];
}

interface UnitFile {
  readonly path: string;
  readonly modifiedAt: string | null;
  /** Lines that bear on a setting, in order; other lines are not kept. */
  readonly lines: readonly UnitLine[];
}

/** One logical line (continuations joined) with what systemd makes of it. */
export interface UnitLine {
  readonly line: number;
  /** Section it stands in, without brackets; null before the first one. */
  readonly section: string | null;
  readonly key: string;
  /**
   * What an `Environment=` line assigns, or the command of an `ExecStart=` line by itself (`env A=b ...`): the
   * wanted names only. An `Environment=` line with an empty `value` is a reset.
   */
  readonly assignments: readonly UnitAssignment[];
  /** Words systemd throws away, in order ("#", "note"); none of a line that also sets unknown names. */
  readonly ignoredWords: readonly string[];
  /** What is wrong with the line, if anything. */
  readonly fault:
    | "outside-section"
    | "unknown-section"
    | "curly-quotes"
    | "unbalanced-quotes"
    | "unknown-escape"
    | "trailing-comment"
    | null;
  /**
   * EnvironmentFile=: the path, with a leading `-` where a missing file is fine. User=, PAMName=, IPAddress...=:
   * the value. PassEnvironment=, UnsetEnvironment=: the wanted words. ExecStart=: the program. Environment=: what
   * stands in `text` behind the key.
   */
  readonly value: string;
  /** The text as written, values of undeclared names dropped. */
  readonly text: string;
}

export interface UnitAssignment {
  readonly name: string;
  /** After quotes, escapes and `%%`; other specifiers (`%h`) stand as written. */
  readonly value: string;
  /** False where systemd throws it away; the line's `fault` says why. */
  readonly taken: boolean;
  /** True where it stands behind a word like `#`: its author took it for a comment, systemd does not. */
  readonly behindComment: boolean;
}

/** Most units that are read: those of processes first. Model servers are a handful; the rest is courtesy. */
const MOST_UNITS = 512;
/** Files read at once. */
const AT_A_TIME = 32;
/** A folder of drop-ins may hold any number of files; no unit that is meant has more. */
const MOST_DROP_INS = 128;
/** Of one file, and of all files of one user or of the system: text that costs seconds is no configuration. */
const LARGEST_FILE_BYTES = 256 * 1024;
const MOST_TEXT = 4 * 1024 * 1024;

/**
 * Reads the service units of the given processes and those that `wanted` asks for by name, running or not.
 * From: the folders of the unit load path, `systemctl show`, the files themselves. `absent` where systemd does
 * not run. What a user manager has loaded is not asked, because it answers only its own user.
 */
export async function gatherUnits(
  host: HostReader,
  wanted: Pick<Wanted, "variables" | "wantsUnit">,
  processes: readonly Process[],
  identity: Pick<Identity, "accounts"> | null,
): Promise<Reading<readonly Unit[]>> {
  const booted = await host.stat("/run/systemd/system");
  if (!booted.ok) return booted;
  const directories = await readUnitDirectories(host, SYSTEM_UNIT_DIRECTORIES);
  const reader: UnitFileReader = { host, variables: wanted.variables, budget: toReadingBudget(MOST_TEXT) };
  const running = processes.flatMap(({ cgroup }) => (cgroup?.kind === "system-unit" ? [cgroup.unit] : []));
  const named = directories.unitNames().filter((name) => wanted.wantsUnit(name));
  const names = [...new Set([...running, ...named])].filter(isServiceName).slice(0, MOST_UNITS);
  if (names.length === 0 && directories.denied !== null) return directories.denied;
  const shown = names.length === 0 ? null : await showUnits(host, names, wanted.variables);
  const merged = shown === null || !shown.ok ? null : mergeAliases(names, shown.value);
  const system = await inTurns(merged ?? names.map((name) => ({ name, shown: null })), AT_A_TIME, async (unit) => ({
    name: unit.name,
    scope: "system" as const,
    uid: null,
    loaded: toLoaded(unit.shown, shown, processes),
    files: await readUnitFiles({ ...reader, owner: null }, directories, unit.name, unit.shown),
  }));
  const user = await gatherUserUnits(reader, processes, identity);
  return { ok: true, value: [...system, ...user], from: "systemctl show, unit files" };
}

async function showUnits(
  host: HostReader,
  names: readonly string[],
  variables: readonly string[],
): Promise<Reading<readonly ShownUnit[]>> {
  const reading = await host.run(["systemctl", "show", "--no-pager", `--property=${UNIT_PROPERTIES}`, "--", ...names]);
  if (!reading.ok) return reading;
  const units = parseShow(reading.value.stdout, variables);
  if (units.length > 0) return { ok: true, value: units, from: SHOW };
  return { ok: false, why: whyNotShown(reading.value), from: SHOW, detail: reading.value.stderr.slice(0, 200).trim() };
}

const SHOW = "systemctl show";

function whyNotShown({ stderr }: Output): "denied" | "failed" {
  return /permission denied|access denied|not permitted/i.test(stderr) ? "denied" : "failed";
}

interface NamedUnit {
  readonly name: string;
  readonly shown: ShownUnit | null;
}

/** One entry for each unit: systemd answers an alias with the unit it stands for. */
function mergeAliases(names: readonly string[], shown: readonly ShownUnit[]): readonly NamedUnit[] {
  const byName = new Map(shown.flatMap((unit) => [unit.id, ...unit.names].map((name) => [name, unit] as const)));
  const units = names.map((name) => ({ name: byName.get(name)?.id ?? name, shown: byName.get(name) ?? null }));
  return [...new Map(units.map((unit) => [unit.name, unit])).values()];
}

function toLoaded(
  shown: ShownUnit | null,
  reading: Reading<readonly ShownUnit[]> | null,
  processes: readonly Process[],
): Reading<LoadedUnit> {
  if (reading !== null && !reading.ok) return reading;
  if (shown === null) return { ok: false, why: "absent", from: SHOW };
  if (shown.loadState === "not-found") return { ok: false, why: "absent", from: SHOW, detail: "not-found" };
  if (shown.loadState === "error" || shown.loadState === "bad-setting") {
    return { ok: false, why: "unparsed", from: SHOW, detail: shown.loadState };
  }
  const main = processes.find(({ pid }) => pid === shown.unit.mainPid);
  return {
    ok: true,
    value: { ...shown.unit, startedAt: main?.startedAt ?? shown.unit.startedAt },
    from: SHOW,
  };
}

async function gatherUserUnits(
  reader: UnitFileReader,
  processes: readonly Process[],
  identity: Pick<Identity, "accounts"> | null,
): Promise<readonly Unit[]> {
  const found = new Map<string, { readonly name: string; readonly uid: number }>();
  for (const { cgroup } of processes) {
    if (cgroup?.kind !== "user-unit" || !isServiceName(cgroup.unit)) continue;
    found.set(`${String(cgroup.uid)}/${cgroup.unit}`, { name: cgroup.unit, uid: cgroup.uid });
  }
  return inTurns([...found.values()].slice(0, MOST_UNITS), AT_A_TIME, async ({ name, uid }) => {
    const home = identity?.accounts.find((account) => account.uid === uid)?.home ?? null;
    const directories = await readUnitDirectories(reader.host, userUnitDirectories(uid, home));
    return {
      name,
      scope: "user" as const,
      uid,
      loaded: { ok: false as const, why: "denied" as const, from: "systemctl --user", detail: USER_MANAGER },
      files: await readUnitFiles({ ...reader, owner: uid }, directories, name, null),
    };
  });
}

const USER_MANAGER = "a user manager answers only its own user";

/** What the files of units are read with. */
interface UnitFileReader {
  readonly host: HostReader;
  readonly variables: readonly string[];
  readonly budget: ReadingBudget;
}

/** The same for the units of one user; null: of the system. */
interface OwnedUnitFileReader extends UnitFileReader {
  readonly owner: number | null;
}

async function readUnitFiles(
  reader: OwnedUnitFileReader,
  directories: UnitDirectories,
  name: string,
  shown: ShownUnit | null,
): Promise<readonly Reading<UnitFile>[]> {
  const main = shown?.unit.mainFile ?? directories.mainFile(name);
  const dropIns = await directories.dropIns([name, ...(shown?.names.filter((alias) => alias !== name) ?? [])]);
  // The last ones win, so they are the ones that are read where there are too many.
  const paths = [...(main === null ? [] : [main]), ...dropIns.paths.slice(-MOST_DROP_INS)];
  const files = await inTurns(paths, AT_A_TIME, (path) => readUnitFile(reader, path));
  const denied = [directories.denied, ...dropIns.denied].flatMap((reading) => reading ?? []);
  return [...files, ...denied, ...toUnread(name, dropIns.paths.length - MOST_DROP_INS)];
}

function toUnread(name: string, count: number): readonly Reading<UnitFile>[] {
  return count <= 0 ? [] : [{ ok: false, why: "too-large", from: `${name}.d`, detail: `${count} more drop-ins` }];
}

async function readUnitFile(reader: OwnedUnitFileReader, path: string): Promise<Reading<UnitFile>> {
  const { host, variables, budget, owner } = reader;
  const [text, status] = await Promise.all([
    readWithin(budget, host, { path, owner, maxBytes: LARGEST_FILE_BYTES }),
    host.stat(path),
  ]);
  const modifiedAt = status.ok ? status.value.modifiedAt : null;
  // A link to /dev/null masks: the file counts as empty, and hides those of the same name behind it.
  if (status.ok && status.value.kind !== "file")
    return { ok: true, value: { path, modifiedAt, lines: [] }, from: path };
  if (!text.ok) return text;
  return { ok: true, value: { path, modifiedAt, lines: parseUnitFile(text.value, variables) }, from: path };
}
