import { createReadStream } from "node:fs";
import { parseRecording, RECORDING_LIMIT, type RecordingFault } from "../facts/recording.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError, type Trouble } from "./errors.ts";
import type { DatedFacts } from "./read-facts.ts";

const RECORDING_LIMIT_MIB = RECORDING_LIMIT / 1024 / 1024;

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
