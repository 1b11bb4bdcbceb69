import { parseEffectiveUid } from "../facts/identity.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import { ChangeError } from "./change-error.ts";
import { Fault, must, mustSucceed } from "./fault.ts";

/** Where a host keeps what was changed on it, and how to take it back. Only root can look into it. */
export const STATE_FOLDER = "/var/lib/portlock";

/** Makes the folder of changes where it is not there; rejects where its content could be anybody's. */
export async function prepareStateFolder(host: HostWriter, path: string): Promise<void> {
  const uid = await readUid(host);
  if (path === STATE_FOLDER && uid !== 0) throw new ChangeError({ code: "not-root", data: {} });
  const status = await host.stat(path);
  if (status.ok) {
    const { kind, mode, uid: owner } = status.value;
    if (kind === "directory" && owner === uid && (mode & 0o022) === 0) return;
    throw new ChangeError({ code: "state-folder-unsafe", data: { path } });
  }
  if (status.why !== "absent") throw toUnreadable(path, status);
  try {
    mustSucceed("mkdir", await host.change(["mkdir", "-m", "0700", "--", path]));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new ChangeError({ code: "change-not-begun", data: { detail: error.message } }, { cause: error });
  }
}

/** Rejects with a `ChangeError` for whoever may not change this host. */
export async function mustBeRoot(host: HostReader): Promise<void> {
  if ((await readUid(host)) !== 0) throw new ChangeError({ code: "not-root", data: {} });
}

/** The names of all changes on a host, oldest first. Rejects where the folder may not be read. */
export async function listChanges(host: HostReader, stateFolder: string): Promise<readonly string[]> {
  const names = await host.listDirectory(stateFolder);
  if (names.ok) return names.value.filter(isChangeId).toSorted();
  if (names.why === "absent") return [];
  if (names.why === "denied") throw new ChangeError({ code: "not-root", data: {} });
  throw toUnreadable(stateFolder, names);
}

/** The name of a change, for example `20261128T060102Z-3f9a`: when it was begun, UTC, and four digits of chance. */
export function isChangeId(text: string): boolean {
  return /^\d{8}T\d{6}Z-[0-9a-f]{4}$/.test(text);
}

async function readUid(host: HostReader): Promise<number | null> {
  return parseEffectiveUid(must(await host.readFile("/proc/self/status")));
}

function toUnreadable(path: string, { why, detail }: { readonly why: string; readonly detail?: string }): ChangeError {
  return new ChangeError({ code: "state-unreadable", data: { path, detail: detail ?? why } });
}
