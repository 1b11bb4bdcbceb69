import { randomBytes } from "node:crypto";
import { access, link, open, rename, rm } from "node:fs/promises";
import { toRecording } from "../facts/recording.ts";
import { toPrintable } from "../report/printable.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toProgress, toReadingText } from "./progress.ts";
import { readHost, type DatedFacts } from "./read-facts.ts";

export type RecordFlags = {
  readonly output: string;
  readonly host?: string;
  readonly force?: boolean;
  readonly lang?: string;
};

/** `portlock record -o FILE`: reads a host and saves its facts, readable by nobody but the user. */
export async function record(session: Session, flags: RecordFlags): Promise<ExitCode> {
  const target = flags.host ?? "localhost";
  const progress = toProgress(session.err, session.env);
  if (flags.output !== "-" && flags.force !== true) await refuseExisting(flags.output);
  const read = await readHost(session, target, (fact) => progress.say(toReadingText(session, target, fact))).finally(
    () => progress.clear(),
  );
  const text = toJson(toRecording(read.facts, { recordedAt: read.recordedAt, target, version: session.version }));
  if (flags.output === "-") {
    session.out.write(text);
    return EXIT.clear;
  }
  await writeWhole(flags.output, text, flags.force === true);
  session.out.write(toSentence(session, flags.output, text, read));
  return EXIT.clear;
}

function toSentence(session: Session, file: string, text: string, { facts }: DatedFacts): string {
  const readings = [facts.identity, facts.listeners, facts.processes, facts.units, facts.containers, facts.firewall];
  return session.words.commands.recorded({
    host: facts.identity.ok ? facts.identity.value.hostname : "?",
    file,
    sizeBytes: Buffer.byteLength(text),
    listeners: facts.listeners.ok ? facts.listeners.value.length : null,
    processes: facts.processes.ok ? facts.processes.value.length : null,
    missing: readings.filter((reading) => !reading.ok && reading.why !== "absent").length,
  });
}

/** Before anything is read: nobody should wait for a host to hear of a file. */
async function refuseExisting(file: string): Promise<void> {
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
async function writeWhole(file: string, text: string, force: boolean): Promise<void> {
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
