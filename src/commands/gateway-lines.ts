import { buildCommand, buildRouteMap, type RouteMap } from "@stricli/core";
import { toHelpPage, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { lang, layout, optional, parsed, toggle } from "./flag-kinds.ts";
import { type LogListFlags, type LogVerifyFlags, parseCount, parsePosition } from "./keys-flags.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines of the gateway. */
export function toGatewayLines(words: CommandWords, width: number): RouteMap<ParserContext> {
  return buildRouteMap<"log", ParserContext>({
    routes: { log: toLogLines(words, width) },
    docs: { brief: words.keys.aboutGateway },
  });
}

/** `portlock gateway log …`. */
function toLogLines(words: CommandWords, width: number): RouteMap<ParserContext> {
  const { aboutLog, flags, logCommands, placeholders, usage } = words.keys;
  const shared = {
    data: optional(flags.data, placeholders.place),
    json: toggle(flags.json),
    lang: lang(words),
  };
  return buildRouteMap<"list" | "verify", ParserContext>({
    routes: {
      list: buildCommand<LogListFlags, [], ParserContext>({
        loader: toLoader(async () => (await import("./gateway-log.ts")).listLog),
        parameters: {
          flags: {
            last: { ...parsed(parseCount, flags.last, usage.badCount), placeholder: placeholders.number },
            ...shared,
            ...layout(words),
          },
        },
        docs: toHelpPage("gateway log list", logCommands.list, words, width),
      }),
      verify: buildCommand<LogVerifyFlags, [], ParserContext>({
        loader: toLoader(async () => (await import("./gateway-log.ts")).verify),
        parameters: {
          flags: {
            expect: { ...parsed(parsePosition, flags.expect, usage.badEntry), placeholder: placeholders.entry },
            ...shared,
          },
        },
        docs: toHelpPage("gateway log verify", logCommands.verify, words, width),
      }),
    },
    docs: { brief: aboutLog.brief, fullDescription: aboutLog.description },
  });
}
