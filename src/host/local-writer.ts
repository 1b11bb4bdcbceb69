import { spawn } from "node:child_process";
import { addWriting } from "./add-writing.ts";
import type { ShellSource } from "./change-shell.ts";
import { openLocalHost } from "./local.ts";
import { SYSTEM_PATH } from "./run-command.ts";
import { toShellProcess } from "./shell-process.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { HostWriter } from "./writer.ts";

/** The whole door to the machine Portlock itself runs on. */
export function openLocalWriter(): HostWriter {
  return addWriting(openLocalHost(), localShells);
}

/**
 * The same shell that a login over SSH leads to, so that a change is made in one way on every host. It is in a
 * session of its own: a terminal that closes takes no change with it half done.
 */
function openLocalShell(): ShellProcess {
  const env = { PATH: SYSTEM_PATH, LC_ALL: "C" };
  return toShellProcess(spawn("/bin/sh", [], { cwd: "/", env, stdio: "pipe", detached: true }));
}

/** The kernel closes a dead process's pipes, so a shell here always sees the end of its input. */
export const localShells: ShellSource = { open: () => Promise.resolve(openLocalShell()), endGroup, idleSeconds: 0 };

function endGroup(group: number): Promise<void> {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // The group is already gone.
  }
  return Promise.resolve();
}
