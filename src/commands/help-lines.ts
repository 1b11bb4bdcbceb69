import { buildCommand, type Command } from "@stricli/core";
import { toDocs, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import type { DemoFlags } from "./demo.ts";
import type { ExplainFlags } from "./explain.ts";
import { lang, layout, toggle } from "./flag-kinds.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines that explain, show and complete. */
export function toHelpLines(
  words: CommandWords,
  width: number,
): Readonly<Record<"explain" | "demo" | "completion", Command<ParserContext>>> {
  return {
    explain: buildCommand<ExplainFlags, [rule?: string], ParserContext>({
      loader: toLoader<ExplainFlags, [rule?: string]>(async () => (await import("./explain.ts")).explain),
      parameters: {
        flags: { ...layout(words), lang: lang(words) },
        positional: {
          kind: "tuple",
          parameters: [
            {
              parse: String,
              optional: true,
              brief: words.arguments.rule,
              placeholder: words.placeholders.rule,
              proposeCompletions: async (partial) => (await import("./explain.ts")).proposeRules(partial),
            },
          ],
        },
      },
      docs: toDocs("explain", words, width),
    }),
    demo: buildCommand<DemoFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./demo.ts")).demo),
      parameters: { flags: { fast: toggle(words.flags.fast), ...layout(words), lang: lang(words) } },
      docs: toDocs("demo", words, width),
    }),
    completion: buildCommand<object, [shell: string], ParserContext>({
      loader: toLoader<object, [shell: string]>(async () => (await import("./completion.ts")).completion),
      parameters: {
        positional: {
          kind: "tuple",
          parameters: [
            {
              parse: String,
              brief: words.arguments.shell,
              placeholder: words.placeholders.shell,
              proposeCompletions: (partial) => ["bash", "zsh"].filter((shell) => shell.startsWith(partial)),
            },
          ],
        },
      },
      docs: toDocs("completion", words, width),
    }),
  };
}
