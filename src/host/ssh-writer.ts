import { addWriting } from "./add-writing.ts";
import { SshSession, toReader } from "./ssh.ts";
import type { SshSettings } from "./ssh.ts";
import type { HostWriter } from "./writer.ts";

/** Longer than the OpenSSH client takes to find its connection dead. */
const IDLE_SECONDS = 60;

export interface SshWriterSettings extends SshSettings {
  /** How long the host keeps a lock of ours while it does not hear from us. Default: 60. */
  readonly idleSeconds?: number;
}

/**
 * The whole door to a machine behind SSH, through one login. Changes have a shell of their own in it, for the shell
 * that reads asks again what was not answered. Throws a `HostError` where the target is none.
 */
export function openSshWriter(target: string, settings: SshWriterSettings = {}): HostWriter {
  const session = new SshSession(target, settings);
  return addWriting(toReader(session), {
    open: () => session.openShell(),
    endGroup: (group) => session.endGroup(group),
    idleSeconds: settings.idleSeconds ?? IDLE_SECONDS,
  });
}
