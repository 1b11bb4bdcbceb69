import { addWriting } from "./add-writing.ts";
import { SshSession, toReader } from "./ssh.ts";
import type { SshSettings } from "./ssh.ts";
import type { HostWriter } from "./writer.ts";

/**
 * The whole door to a machine behind SSH, through one login. Changes have a shell of their own in it, for the shell
 * that reads asks again what was not answered. Throws a `HostError` where the target is none.
 */
export function openSshWriter(target: string, settings: SshSettings = {}): HostWriter {
  const session = new SshSession(target, settings);
  return addWriting(toReader(session), {
    open: () => session.openShell(),
    endGroup: (group) => session.endGroup(group),
  });
}
