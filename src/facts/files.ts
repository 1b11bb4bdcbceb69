import type { FileStatus, HostReader, Reading } from "../host/host.ts";
import type { Identity } from "./identity.ts";
import { inTurns } from "./in-turns.ts";
import type { Process } from "./processes.ts";
import type { Wanted } from "./wanted.ts";

/** Ownership and mode of a path that belongs to a server: its key, its model folder, its home. */
export interface ServerFile {
  /** Pid of the server it belongs to. */
  readonly pid: number;
  readonly role: string;
  readonly path: string;
  readonly status: Reading<FileStatus>;
}

const AT_A_TIME = 32;

/**
 * Owner and mode (stat(2), links followed) of the files that the server kinds name for each process. The home
 * directory is the account's in passwd(5); a process whose account is not known has none.
 */
export async function gatherServerFiles(
  host: HostReader,
  wanted: Pick<Wanted, "filesOf">,
  processes: readonly Process[],
  identity: Pick<Identity, "accounts"> | null,
): Promise<readonly ServerFile[]> {
  const files = processes.flatMap((process) => {
    const home = identity?.accounts.find(({ uid }) => uid === process.uid)?.home ?? null;
    return wanted.filesOf(process, home).map(({ role, path }) => ({ pid: process.pid, role, path }));
  });
  return inTurns(files, AT_A_TIME, async ({ pid, role, path }) => ({ pid, role, path, status: await host.stat(path) }));
}
