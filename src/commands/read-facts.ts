import { createReadStream } from "node:fs";
import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import { parseRecording, RECORDING_LIMIT, type RecordingFault } from "../facts/recording.ts";
import { toPrintable } from "../report/printable.ts";
import { toWanted } from "../servers/catalogue.ts";
import type { Session } from "./context.ts";
import { CommandError, type Trouble } from "./errors.ts";

/** Facts, and when they were read: ISO 8601, UTC. */
export interface DatedFacts {
  readonly facts: Facts;
  readonly recordedAt: string;
}

const RECORDING_LIMIT_MIB = RECORDING_LIMIT / 1024 / 1024;

/** Stands before the first fact of a host that has to be logged in to. */
export const LOGIN = "login";

/**
 * Reads a host through the door, and closes it whatever happens. `progress` hears the name of the fact that is
 * read next, or `LOGIN`.
 */
export async function readHost(
  session: Session,
  target: string,
  progress: (fact: string) => void = () => {},
): Promise<DatedFacts> {
  const host = await session.openHost(target);
  try {
    const recordedAt = session.now().toISOString();
    if (host.target !== "localhost") progress(LOGIN);
    // A login that fails is told by the first verb: here it is one, in the gatherers it would be many at once.
    await host.stat("/");
    return { facts: await gatherFacts(host, toWanted(), progress), recordedAt };
  } finally {
    await host.close();
  }
}

/** Reads the facts of a recording; `-` is standard input. Throws a CommandError for what is none. */
export async function readRecordingFile(session: Session, file: string): Promise<DatedFacts> {
  const bytes = file === "-" ? await readAtMost(session.input) : await readFileAtMost(file);
  if (bytes === null) {
    throw new CommandError({ code: "recording-too-large", data: { file, limitMiB: RECORDING_LIMIT_MIB } });
  }
  const parsed = parseRecording(bytes.toString("utf8"));
  if (parsed.ok) return parsed.recording;
  throw new CommandError(toTrouble(file, parsed.code, toPrintable(parsed.detail, 200)));
}

function toTrouble(file: string, fault: RecordingFault, detail: string): Trouble {
  if (fault === "too-large") return { code: "recording-too-large", data: { file, limitMiB: RECORDING_LIMIT_MIB } };
  if (fault === "newer-schema") return { code: "recording-newer", data: { file, schema: detail } };
  return { code: "recording-damaged", data: { file, detail } };
}

async function readFileAtMost(file: string): Promise<Buffer | null> {
  try {
    return await readAtMost(createReadStream(file));
  } catch (error) {
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "recording-unreadable", data: { file, detail } });
  }
}

/** All bytes, or null where there are more than a recording has; a pipe may never end. */
async function readAtMost(stream: AsyncIterable<Uint8Array>): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > RECORDING_LIMIT) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
