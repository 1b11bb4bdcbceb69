import type { HostReader, Reading } from "../host/host.ts";
import { dropInFolders, mainFileNames, selectDropIns, TYPE_DROP_IN_FOLDER } from "./unit-paths.ts";

/** A reading that failed, of any type. */
export type FailedReading = Extract<Reading<never>, { readonly ok: false }>;

/** The folders of one unit load path, listed once. */
export interface UnitDirectories {
  /** The first folder that is there and could not be listed, else null. */
  readonly denied: FailedReading | null;
  /** Every unit file name in them. */
  unitNames(): readonly string[];
  /** Path of the main file of a unit, or null where none is found. */
  mainFile(unit: string): string | null;
  /** Paths of the drop-ins systemd applies to a unit of these names, in its order. */
  dropIns(
    names: readonly string[],
  ): Promise<{ readonly paths: readonly string[]; readonly denied: readonly FailedReading[] }>;
}

/** Lists the given folders, best first. Folders that do not exist are normal. */
export async function readUnitDirectories(host: HostReader, paths: readonly string[]): Promise<UnitDirectories> {
  const listings = await Promise.all(paths.map(async (path) => ({ path, reading: await host.listDirectory(path) })));
  const directories = listings.map(({ path, reading }) => ({
    path,
    names: new Set(reading.ok ? reading.value : []),
  }));
  const folders = new Map<string, Promise<Reading<readonly string[]>>>();
  function listFolder(path: string): Promise<Reading<readonly string[]>> {
    const listed = folders.get(path) ?? host.listDirectory(path);
    folders.set(path, listed);
    return listed;
  }
  return {
    denied: listings.flatMap(({ reading }) => toFailure(reading) ?? [])[0] ?? null,
    unitNames: () => directories.flatMap(({ names }) => [...names]),
    mainFile(unit) {
      for (const { path, names } of directories) {
        const name = mainFileNames(unit).find((candidate) => names.has(candidate));
        if (name !== undefined) return `${path}/${name}`;
      }
      return null;
    },
    async dropIns(names) {
      const wanted = dropInFolders(names);
      const present = [
        ...directories.flatMap(({ path, names: there }) =>
          wanted.filter((folder) => there.has(folder)).map((folder) => `${path}/${folder}`),
        ),
        ...directories.flatMap(({ path, names: there }) =>
          there.has(TYPE_DROP_IN_FOLDER) ? [`${path}/${TYPE_DROP_IN_FOLDER}`] : [],
        ),
      ];
      const listed = await Promise.all(present.map(async (path) => ({ path, reading: await listFolder(path) })));
      return {
        paths: selectDropIns(listed.map(({ path, reading }) => ({ path, names: reading.ok ? reading.value : [] }))),
        denied: listed.flatMap(({ reading }) => toFailure(reading) ?? []),
      };
    },
  };
}

function toFailure(reading: Reading<unknown>): FailedReading | null {
  return reading.ok || reading.why === "absent" ? null : reading;
}
