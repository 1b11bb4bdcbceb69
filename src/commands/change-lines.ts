import { buildCommand, type Command } from "@stricli/core";
import { FIREWALL_CHOICES, MENDS, METHODS } from "../plan/choices.ts";
import type { ConfirmFlags } from "./confirm.ts";
import { toDocs, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { FAIL_ON } from "./exit-code.ts";
import { choice, lang, layout, many, optional, parsed, toggle, type Repeated } from "./flag-kinds.ts";
import { parseNetwork, parsePort, parseSeconds, type HardenFlags } from "./harden-flags.ts";
import type { HistoryFlags } from "./history.ts";
import { parseUpload } from "./size.ts";
import type { UndoFlags } from "./undo.ts";
import type { VerifyFlags } from "./verify.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines of what changes a host, proves it and takes it back. */
export function toChangeLines(
  words: CommandWords,
  width: number,
): Readonly<Record<"harden" | "verify" | "undo" | "history" | "confirm", Command<ParserContext>>> {
  return {
    harden: buildCommand<HardenFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./harden.ts")).harden),
      parameters: {
        flags: {
          host: optional(words.flags.hardenHost, words.placeholders.target),
          server: { ...many(words.flags.server), placeholder: words.placeholders.server },
          method: choice(METHODS, words.flags.method, words),
          sandbox: toggle(words.flags.sandbox),
          ipFilter: toggle(words.flags.ipFilter),
          restartProcess: toggle(words.flags.restartProcess),
          recreate: toggle(words.flags.recreate),
          firewall: choice(FIREWALL_CHOICES, words.flags.firewall, words),
          allow: {
            ...parsed(parseNetwork, words.flags.allow, words.usage.badNetwork),
            variadic: true,
            placeholder: words.placeholders.network,
          },
          mend: { ...choice(MENDS, words.flags.mend, words), variadic: true },
          mayChange: {
            ...parsed(parsePort, words.flags.mayChange, words.usage.badPort),
            variadic: true,
            placeholder: words.placeholders.port,
          },
          dryRun: toggle(words.flags.dryRun),
          plan: optional(words.flags.plan, words.placeholders.file),
          apply: optional(words.flags.apply, words.placeholders.file),
          yes: toggle(words.flags.yes),
          confirmWithin: {
            ...parsed(parseSeconds, words.flags.confirmWithin, words.usage.badSeconds),
            placeholder: words.placeholders.seconds,
          },
          json: toggle(words.flags.hardenJson),
          ...layout(words),
          lang: lang(words),
        },
        aliases: { y: "yes" },
      },
      docs: toDocs("harden", words, width),
    }),
    verify: buildCommand<VerifyFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./verify.ts")).verify),
      parameters: {
        flags: {
          host: optional(words.flags.recordHost, words.placeholders.target),
          vantage: vantages(words),
          rehearse: toggle(words.flags.rehearse),
          cutSessions: toggle(words.flags.cutSessions),
          credentialFile: optional(words.flags.credentialFile, words.placeholders.file),
          askModel: optional(words.flags.askModel, words.placeholders.model),
          tryUpload: {
            ...parsed(parseUpload, words.flags.tryUpload, words.usage.badUpload),
            placeholder: words.placeholders.size,
          },
          report: optional(words.flags.evidence, words.placeholders.file),
          force: toggle(words.flags.force),
          json: toggle(words.flags.traceJson),
          failOn: choice(FAIL_ON, words.flags.failOn, words),
          ...layout(words),
          lang: lang(words),
        },
      },
      docs: toDocs("verify", words, width),
    }),
    undo: buildCommand<UndoFlags, [id?: string], ParserContext>({
      loader: toLoader<UndoFlags, [id?: string]>(async () => (await import("./undo.ts")).undo),
      parameters: { flags: changeFlags(words), positional: change(words.arguments.undoId, words) },
      docs: toDocs("undo", words, width),
    }),
    history: buildCommand<HistoryFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./history.ts")).history),
      parameters: { flags: changeFlags(words) },
      docs: toDocs("history", words, width),
    }),
    confirm: buildCommand<ConfirmFlags, [id?: string], ParserContext>({
      loader: toLoader<ConfirmFlags, [id?: string]>(async () => (await import("./confirm.ts")).confirm),
      parameters: { flags: changeFlags(words), positional: change(words.arguments.confirmId, words) },
      docs: toDocs("confirm", words, width),
    }),
  };
}

/** Places to call a host from. */
function vantages(words: CommandWords): Repeated<string> {
  return {
    kind: "parsed",
    parse: (text: string): string => {
      if (text !== "namespace" && text !== "urls" && !text.startsWith("ssh://")) throw new Error(words.badVantage);
      return text;
    },
    proposeCompletions: (partial: string) => ["namespace", "urls", "ssh://"].filter((name) => name.startsWith(partial)),
    variadic: true,
    optional: true,
    placeholder: words.placeholders.vantage,
    brief: words.flags.vantage,
  };
}

/** Flags of whatever is done about a change that was made. */
function changeFlags(words: CommandWords) {
  return {
    host: optional(words.flags.changeHost, words.placeholders.target),
    json: toggle(words.flags.traceJson),
    ...layout(words),
    lang: lang(words),
  } as const;
}

/** The id of a change, which may be left out. */
function change(brief: string, words: CommandWords) {
  return {
    kind: "tuple",
    parameters: [{ parse: String, optional: true, brief, placeholder: words.placeholders.change }],
  } as const;
}
