import type { Process } from "../facts/processes.ts";

/**
 * File name of a process's executable, else the kernel's name for it. A replaced executable (an upgrade
 * without a restart) is shown by proc_pid_exe(5) with ` (deleted)` behind it.
 */
export function programOf(process: Pick<Process, "name" | "executable">): string {
  const path = process.executable?.replace(/ \(deleted\)$/, "") ?? process.name;
  return fileName(path);
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
