import { readFile } from "node:fs/promises";
import { toPrintable } from "../report/printable.ts";
import { CommandError } from "./errors.ts";

/** Longer than any credential that a proxy takes. */
const LIMIT = 4096;

/**
 * The value of an Authorization header, from the first line of a file of the operator's: that value itself, `NAME:PASSWORD`,
 * or a key alone. Never from the command line, which everybody on the host can read.
 */
export async function readCredential(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "file-unread", data: { file, detail } });
  });
  const [line = ""] = text.split(/\r?\n/);
  const shown = line.trim();
  if (shown === "" || shown.length > LIMIT || /[^\x20-\x7e]/.test(shown)) {
    throw new CommandError({ code: "file-unread", data: { file, detail: "no credential in its first line" } });
  }
  if (/^(?:basic|bearer) +\S+$/i.test(shown)) return shown;
  return shown.includes(":") ? `Basic ${Buffer.from(shown).toString("base64")}` : `Bearer ${shown}`;
}
