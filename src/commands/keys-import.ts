import { readFile } from "node:fs/promises";
import { type Actor, createPasswordKey } from "../gateway/keys/key-acts.ts";
import { KeyError } from "../gateway/keys/key-error.ts";
import { type HtpasswdLine, readHtpasswd } from "../gateway/keys/htpasswd.ts";
import type { OpenStore } from "../gateway/store/open-tables.ts";
import { toJson } from "../report/json.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toWish, type WishFlags } from "./keys-flags.ts";
import { changeStore, toActor } from "./open-data.ts";

/** What became of one line. */
type Imported =
  | { readonly line: number; readonly name: string; readonly id: string }
  | { readonly line: number; readonly why: (HtpasswdLine & { kind: "refused" })["why"] | "key-name-taken" };

/**
 * `portlock keys import FILE`: makes a key of each user of an htpasswd file. A line that is not taken stops no other; it
 * is told by its number alone, and makes the exit code 1.
 */
export async function importKeys(session: Session, flags: WishFlags, file: string): Promise<ExitCode> {
  const lines = readHtpasswd(await readUsers(file));
  if (lines.length === 0) throw new CommandError({ code: "file-without-users", data: { file } });
  const actor = toActor(session);
  const imported = await changeStore(session, flags.data, (open) => importLines(open, lines, flags, actor), true);
  const says = session.words.commands.keys;
  const text = imported.map((each) =>
    "why" in each ? says.notImported(each.line, each.why) : says.imported(each.name, each.line),
  );
  session.out.write(
    flags.json === true ? toJson({ schema: "portlock.import/1", lines: imported }) : `${text.join("\n")}\n`,
  );
  return imported.some((each) => "why" in each) ? EXIT.findings : EXIT.clear;
}

async function importLines(
  open: OpenStore,
  lines: readonly HtpasswdLine[],
  flags: WishFlags,
  actor: Actor,
): Promise<readonly Imported[]> {
  const done: Imported[] = [];
  for (const each of lines) {
    if (each.kind === "refused") {
      done.push({ line: each.line, why: each.why });
      continue;
    }
    try {
      const { key } = await createPasswordKey(open, toWish(each.name, flags, actor.at), each.hash, actor);
      done.push({ line: each.line, name: key.name, id: key.id });
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      done.push({ line: each.line, why: "key-name-taken" });
    }
  }
  return done;
}

async function readUsers(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "file-unread", data: { file, detail } });
  }
}
