import { buildCommand, type Command } from "@stricli/core";
import type { AuditFlags } from "./audit.ts";
import { toDocs, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { FAIL_ON } from "./exit-code.ts";
import { choice, lang, layout, many, optional, toggle } from "./flag-kinds.ts";
import type { ProbeFlags } from "./probe.ts";
import type { RecordFlags } from "./record.ts";
import type { TraceFlags } from "./trace.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines of what only looks. */
export function toAuditLines(
  words: CommandWords,
  width: number,
): Readonly<Record<"audit" | "record" | "probe" | "trace", Command<ParserContext>>> {
  return {
    audit: buildCommand<AuditFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./audit.ts")).audit),
      parameters: {
        flags: {
          host: { ...many(words.flags.host), placeholder: words.placeholders.target },
          from: { ...many(words.flags.from), placeholder: words.placeholders.file },
          json: toggle(words.flags.json),
          failOn: choice(FAIL_ON, words.flags.failOn, words),
          ...layout(words),
          lang: lang(words),
        },
      },
      docs: toDocs("audit", words, width),
    }),
    record: buildCommand<RecordFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./record.ts")).record),
      parameters: {
        flags: {
          output: { kind: "parsed", parse: String, brief: words.flags.output, placeholder: words.placeholders.file },
          host: optional(words.flags.recordHost, words.placeholders.target),
          force: toggle(words.flags.force),
          lang: lang(words),
        },
        aliases: { o: "output" },
      },
      docs: toDocs("record", words, width),
    }),
    probe: buildCommand<ProbeFlags, string[], ParserContext>({
      loader: toLoader<ProbeFlags, string[]>(async () => (await import("./probe.ts")).probe),
      parameters: {
        flags: { json: toggle(words.flags.json), ...layout(words), lang: lang(words) },
        positional: {
          kind: "array",
          minimum: 1,
          parameter: { parse: String, brief: words.arguments.url, placeholder: words.placeholders.url },
        },
      },
      docs: toDocs("probe", words, width),
    }),
    trace: buildCommand<TraceFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./trace.ts")).trace),
      parameters: {
        flags: {
          from: { kind: "parsed", parse: String, brief: words.flags.source, placeholder: words.placeholders.address },
          to: {
            kind: "parsed",
            parse: String,
            brief: words.flags.destination,
            placeholder: words.placeholders.socket,
          },
          in: optional(words.flags.door, words.placeholders.interface),
          host: optional(words.flags.recordHost, words.placeholders.target),
          recording: optional(words.flags.recording, words.placeholders.file),
          json: toggle(words.flags.traceJson),
          ...layout(words),
          lang: lang(words),
        },
      },
      docs: toDocs("trace", words, width),
    }),
  };
}
