import type { FileStatus, HostReader } from "../host/host.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";

/** Folders that the service does not see, or not as they are. */
const HIDDEN: readonly string[] = ["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"];
const OTHERS_READ = 0o004;
const OTHERS_SEARCH = 0o001;

/** Why a service may not be started from a path. */
export type ProgramFlaw = "hidden" | "writable" | "unreadable";

/**
 * What the service is started with: the Node.js and the file of this very run. Throws a `CommandError` where somebody
 * besides root could put something else there, or where the service could not read it.
 */
export async function takeProgram(
  { program }: Pick<Session, "program">,
  host: Pick<HostReader, "stat">,
): Promise<Session["program"]> {
  for (const path of [program.node, program.main]) {
    if (HIDDEN.some((folder) => path.startsWith(folder))) throw refused(path, "hidden");
    for (const each of listUpwards(path)) {
      const status = await host.stat(each);
      if (!status.ok) throw refused(each, "unreadable");
      const flaw = findFlaw(status.value);
      if (flaw !== null) throw refused(each, flaw);
    }
  }
  return program;
}

/** The path and every folder above it. */
function listUpwards(path: string): readonly string[] {
  const names = path.split("/").slice(1);
  return ["/", ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`)];
}

function findFlaw({ kind, mode, uid, gid }: FileStatus): ProgramFlaw | null {
  const isGroupWritable = (mode & 0o020) !== 0 && gid !== 0;
  if (uid !== 0 || isGroupWritable || (mode & 0o002) !== 0) return "writable";
  return (mode & (kind === "directory" ? OTHERS_SEARCH : OTHERS_READ)) === 0 ? "unreadable" : null;
}

function refused(path: string, why: ProgramFlaw): CommandError {
  return new CommandError({ code: "program-unfit", data: { path: toPrintable(path, 300), why } });
}
