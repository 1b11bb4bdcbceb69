import { randomBytes } from "node:crypto";
import { access, link, open, rename, rm } from "node:fs/promises";
import { toPrintable } from "../report/printable.ts";
import { CommandError } from "./errors.ts";

/** Before anything is read: nobody should wait for a host to hear of a file. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new CommandError({ code: "file-exists", data: { file } });
}

/**
 * Writes a file of mode 0600 in one step: a reader sees the old file or the whole new one. Without `force` a
 * file that is there, even since a moment ago, is left as it is.
 */
export async function writeWhole(file: string, text: string, force: boolean): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await (force ? rename(temporary, file) : moveToNewName(temporary, file));
  } catch (error) {
    if (toCode(error) === "EEXIST") throw new CommandError({ code: "file-exists", data: { file } });
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "file-unwritable", data: { file, detail } });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** link(2) refuses an existing name, which rename(2) would replace; some file systems have no links. */
async function moveToNewName(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (toCode(error) === "EEXIST") throw error;
    await refuseExisting(file);
    await rename(temporary, file);
  }
}

function toCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
