import { toFamily } from "../judge/addresses.ts";
import { tracePacket, type Packet } from "../judge/trace.ts";
import { toJson } from "../report/json.ts";
import { formatTrace, type TraceDocument } from "../report/trace.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";
import { toProgress, toReadingText } from "./progress.ts";
import { readHost, type DatedFacts } from "./read-facts.ts";

export type TraceFlags = LayoutFlags & {
  readonly from: string;
  readonly to: string;
  readonly in?: string;
  readonly host?: string;
  readonly recording?: string;
  readonly json?: boolean;
  readonly lang?: string;
};

/**
 * `portlock trace`: follows one packet through the rules of this host, another one or a recorded one, and prints its
 * way rule by rule. The exit code is 0 where it is stopped, 1 where it is admitted, 2 where that is not known.
 */
export async function trace(session: Session, flags: TraceFlags): Promise<ExitCode> {
  const packet = toPacket(flags);
  const { facts, recordedAt } = await readFacts(session, flags);
  const traced = tracePacket(facts, packet);
  if (!traced.ok)
    throw new CommandError({ code: "trace-impossible", data: session.words.report.trace.faults[traced.fault] });
  if (flags.json === true) {
    const document: TraceDocument = {
      schema: "portlock.trace/1",
      tool: { name: "portlock", version: session.version },
      host: facts.identity.ok ? facts.identity.value.hostname : "",
      recordedAt,
      ...traced.trace,
    };
    session.out.write(toJson(document));
  } else session.out.write(formatTrace(traced.trace, toTextOptions(session, flags)));
  const { verdict, answer } = traced.trace;
  if (verdict === "stopped") return EXIT.clear;
  return verdict === "admitted" && answer === null ? EXIT.findings : EXIT.unknown;
}

async function readFacts(session: Session, { host = "localhost", recording }: TraceFlags): Promise<DatedFacts> {
  if (recording !== undefined) {
    const { readRecordingFile } = await import("./read-recording.ts");
    return readRecordingFile(session, recording);
  }
  const progress = toProgress(session.err, session.env);
  const hear = (fact: string): void => progress.say(toReadingText(session, host, fact));
  return readHost(session, host, hear).finally(() => progress.clear());
}

function toPacket(flags: TraceFlags): Packet {
  if (toFamily(flags.from) === null)
    throw new CommandError({ code: "not-an-address", data: { flag: "--from", text: flags.from } });
  const [address, port] = splitSocket(flags.to);
  if (port === null || (address !== null && toFamily(address) === null)) {
    throw new CommandError({ code: "not-an-address", data: { flag: "--to", text: flags.to } });
  }
  return { source: flags.from, address, port, interface: flags.in ?? null };
}

/** `10.0.0.5:11434`, `[2001:db8::5]:11434` or a port alone. Port null: it is none. */
function splitSocket(text: string): readonly [address: string | null, port: number | null] {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]:|([^:]+):|)(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return [bracketed ?? plain ?? null, port >= 1 && port <= 65_535 ? port : null];
}
