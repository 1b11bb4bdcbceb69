import { constants } from "node:fs";
import { chown, type FileHandle, link, lstat, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { randomBytes } from "node:crypto";
import { StoreError } from "./store-error.ts";

/** Any right of the group or of everybody. An access list shows in the group's bits too. */
const OTHERS = 0o077;

/**
 * Makes the folder (0700) where it is missing and `mayCreate` says so, and refuses one that others can read or write, or
 * that is somebody else's; root may use a service's. A link is followed where it is root's: systemd puts one in the place
 * of a service's folder.
 */
export async function takeFolder(path: string, mayCreate: boolean): Promise<void> {
  try {
    if (mayCreate) await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await lstat(path);
    refuseUnsafe(path, found.isSymbolicLink() && found.uid === 0 ? await stat(path) : found, "folder");
  } catch (error) {
    throw toFileError(error, path);
  }
}

/** Refuses a file that others can read or write, that is somebody else's, or that is a link; false: it is not there. */
export async function checkFile(path: string): Promise<boolean> {
  try {
    refuseUnsafe(path, await lstat(path), "file");
    return true;
  } catch (error) {
    if (toCode(error) === "ENOENT") return false;
    throw toFileError(error, path);
  }
}

/**
 * Makes a file of mode 0600 with this content at once; false: it was there already, and is left as it is. What root makes
 * in the folder of a service is the service's.
 */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeAndSync(temporary, content);
    if (process.geteuid?.() === 0) {
      const { uid, gid } = await stat(dirname(path));
      await chown(temporary, uid, gid);
    }
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (toCode(error) === "EEXIST") return false;
    throw toFileError(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The text of a file that was found safe; it is looked at through the handle it is read from. */
export async function readSafeFile(path: string): Promise<string> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    refuseUnsafe(path, await handle.stat(), "file");
    return await handle.readFile("utf8");
  } catch (error) {
    throw toFileError(error, path);
  } finally {
    await handle?.close();
  }
}

async function writeAndSync(path: string, content: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refuseUnsafe(path: string, found: Found, kind: "file" | "folder"): void {
  const isKind = kind === "file" ? found.isFile() : found.isDirectory();
  if (!isKind) throw new StoreError("unsafe-permissions", path, `not a ${kind}`);
  const user = process.geteuid?.() ?? found.uid;
  if (found.uid !== user && user !== 0) throw new StoreError("unsafe-permissions", path, `owned by uid ${found.uid}`);
  const mode = found.mode & 0o777;
  if ((mode & OTHERS) !== 0) {
    throw new StoreError("unsafe-permissions", path, `mode ${mode.toString(8).padStart(4, "0")}`);
  }
}

interface Found {
  readonly uid: number;
  readonly mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** What a failure of the file system means to whoever wanted the store; a bug of ours comes back as it is. */
export function toFileError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const code = toCode(error);
  const detail = typeof code === "string" ? code : String(error);
  if (code === "EACCES" || code === "EPERM") return new StoreError("denied", path, detail);
  if (code === "ELOOP") return new StoreError("unsafe-permissions", path, "a link");
  if (code === "EROFS") return new StoreError("read-only", path, detail);
  if (code === "ENOSPC" || code === "EDQUOT") return new StoreError("full", path, detail);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EIO") return new StoreError("gone", path, detail);
  return error;
}

function toCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
