import { toRecording } from "../facts/recording.ts";
import { toJson } from "../report/json.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toProgress, toReadingText } from "./progress.ts";
import { readHost, type DatedFacts } from "./read-facts.ts";
import { refuseExisting, writeWhole } from "./write-file.ts";

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
