import { toRecording } from "../../facts/recording.ts";
import type { Facts } from "../../facts/facts.ts";
import { openHost } from "../../host/open-host.ts";
import { openWriter } from "../../host/open-writer.ts";
import { resolveUrl } from "../../host/resolve-url.ts";
import type { Context, Output } from "../context.ts";
import { runPortlock } from "../run.ts";

/** What one command line left behind. */
export interface Tried {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a try may replace of the outside; without it nothing is a terminal and the real door is opened. */
export interface Outside extends Partial<Omit<Context, "out" | "err">> {
  /** Columns of the terminal both streams lead to. */
  readonly terminal?: number;
}

const RECORDED_AT = "2026-11-22T10:00:00.000Z";

/** Runs a command line in this process, and keeps what it prints. */
export async function tryCommand(argv: readonly string[], outside: Outside = {}): Promise<Tried> {
  const { terminal, ...rest } = outside;
  const [out, err] = [toKeeper(terminal), toKeeper(terminal)];
  const context: Context = {
    env: {},
    version: "0.1.0",
    program: { node: "/usr/bin/node", main: "/usr/lib/node_modules/portlock/dist/main.js" },
    now: () => new Date(RECORDED_AT),
    openHost,
    openWriter,
    onStop: () => {},
    onSignal: () => {},
    canAsk: false,
    resolveUrl,
    input: toInput(""),
    ...rest,
    out,
    err,
  };
  const code = await runPortlock(argv, context);
  return { code, out: out.text(), err: err.text() };
}

/** Facts as `record` saves them. */
export function toRecordingText(facts: Facts): string {
  return JSON.stringify(toRecording(facts, { recordedAt: RECORDED_AT, target: "localhost", version: "0.1.0" }));
}

/** Standard input that holds a text, or bytes. */
export async function* toInput(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function toKeeper(terminal: number | undefined): Output & { text(): string } {
  let kept = "";
  return {
    write: (text) => {
      kept += text;
    },
    isTerminal: terminal !== undefined,
    columns: terminal ?? null,
    text: () => kept,
  };
}
