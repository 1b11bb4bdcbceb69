import type { Recordings } from "../demo/guided-run.ts";
import { runGuidedRun, StoryBroken } from "../demo/guided-run.ts";
import { findSelf } from "../demo/stage/self.ts";
import { toDemoWords } from "../demo/words.ts";
import { parseRecording } from "../facts/recording.ts";
import { judge } from "../judge/judge.ts";
import { toPrintable } from "../report/printable.ts";
import { toReport } from "../report/report.ts";
import { formatReport } from "../report/text.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";

export type DemoFlags = LayoutFlags & {
  readonly fast?: boolean;
  readonly lang?: string;
};

/** `portlock demo`: plays the guided run with the judge and the reporter of an audit. */
export async function demo(session: Session, flags: DemoFlags): Promise<ExitCode> {
  const options = toTextOptions(session, flags);
  const words = toDemoWords(session.words.report.language);
  try {
    await runGuidedRun(
      {
        self: findSelf(),
        words,
        write: (text) => session.out.write(text),
        width: options.width,
        colour: options.colour,
        paced: session.out.isTerminal && flags.fast !== true,
        audit: (text) => {
          const parsed = parseRecording(text);
          if (!parsed.ok) throw new StoryBroken("stage-failed", `${parsed.code}: ${parsed.detail}`);
          const { facts, recordedAt } = parsed.recording;
          const report = toReport(judge(facts), { recordedAt, version: session.version, words: session.words.report });
          return { verdict: report.verdict, text: formatReport(report, options) };
        },
      },
      loadRecordings,
    );
    return EXIT.clear;
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
    const { commands } = session.words;
    const detail = error.message === "" ? "" : `\n  ${toPrintable(error.message, 400)}`;
    session.err.write(
      `portlock: ${commands.error} ${error.breakage}: ${words.broken[error.breakage]}${detail}\n` +
        `  ${commands.whatToDo}: ${words.brokenHint}\n`,
    );
    return EXIT.bug;
  }
}

/** What `scripts/record-demo.ts` kept of an earlier run. */
async function loadRecordings(): Promise<Recordings> {
  const [exposed, local] = await Promise.all([
    import("../demo/recordings/exposed.json", { with: { type: "json" } }),
    import("../demo/recordings/local.json", { with: { type: "json" } }),
  ]);
  return { exposed: JSON.stringify(exposed.default), local: JSON.stringify(local.default) };
}
