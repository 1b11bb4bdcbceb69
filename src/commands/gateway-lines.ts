import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import { parseOrigin } from "../gateway/serve/cors.ts";
import { parseListen } from "../gateway/serve/listen-place.ts";
import { parseUpstream } from "../gateway/serve/upstream-place.ts";
import { toHelpPage, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { lang, layout, optional, parsed, toggle } from "./flag-kinds.ts";
import type { GatewayCheckFlags } from "./gateway-check.ts";
import type { GatewayFlags } from "./gateway-flags.ts";
import type { GatewayInstallFlags } from "./gateway-install-flags.ts";
import { type LogListFlags, type LogVerifyFlags, parseCount, parseDuration, parsePosition } from "./keys-flags.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines of the gateway. */
export function toGatewayLines(words: CommandWords, width: number): RouteMap<ParserContext> {
  return buildRouteMap<"run" | "install" | "check" | "log", ParserContext>({
    routes: {
      run: toRunLine(words, width),
      install: toInstallLine(words, width),
      check: toCheckLine(words, width),
      log: toLogLines(words, width),
    },
    defaultCommand: "run",
    docs: toHelpPage("gateway", words.gateway.about, words, width),
  });
}

/** `portlock gateway`, also as `portlock gateway run`. */
function toRunLine(words: CommandWords, width: number): Command<ParserContext> {
  const { about, flags } = words.gateway;
  return buildCommand<GatewayFlags, [], ParserContext>({
    loader: toLoader(async () => (await import("./gateway-run.ts")).run),
    parameters: {
      flags: { ...toServeFlags(words), log: optional(flags.log, words.keys.placeholders.file), lang: lang(words) },
    },
    docs: toHelpPage("gateway", about, words, width),
  });
}

/** `portlock gateway install`. */
function toInstallLine(words: CommandWords, width: number): Command<ParserContext> {
  const { install, flags } = words.gateway;
  return buildCommand<GatewayInstallFlags, [], ParserContext>({
    loader: toLoader(async () => (await import("./gateway-install.ts")).install),
    parameters: {
      flags: {
        ...toServeFlags(words),
        print: toggle(flags.print),
        dryRun: toggle(words.flags.dryRun),
        yes: toggle(words.flags.yes),
        json: toggle(flags.json),
        ...layout(words),
        lang: lang(words),
      },
      aliases: { y: "yes" },
    },
    docs: toHelpPage("gateway install", install, words, width),
  });
}

/** `portlock gateway check`. */
function toCheckLine(words: CommandWords, width: number): Command<ParserContext> {
  const { check } = words.gateway;
  return buildCommand<GatewayCheckFlags, [], ParserContext>({
    loader: toLoader(async () => (await import("./gateway-check.ts")).check),
    parameters: { flags: { upstream: toUpstreamFlag(words), lang: lang(words) } },
    docs: toHelpPage("gateway check", check, words, width),
  });
}

/** What a gateway is told, whoever starts it. */
function toServeFlags(words: CommandWords) {
  const { flags, placeholders, usage } = words.gateway;
  const { file, number, place } = words.keys.placeholders;
  const { badCount, badDuration } = words.keys.usage;
  return {
    listen: { ...parsed(parseListen, flags.listen, usage.badListen), placeholder: placeholders.listen },
    upstream: toUpstreamFlag(words),
    data: optional(words.keys.flags.data, place),
    tlsCert: optional(flags.tlsCert, file),
    tlsKey: optional(flags.tlsKey, file),
    tlsSelfSigned: toggle(flags.tlsSelfSigned),
    clientCa: optional(flags.clientCa, file),
    origin: {
      ...parsed(parseOrigin, flags.origin, usage.badOrigin),
      variadic: true,
      placeholder: placeholders.origin,
    },
    parallel: { ...parsed(parseCount, flags.parallel, badCount), placeholder: number },
    maxWaiting: { ...parsed(parseCount, flags.maxWaiting, badCount), placeholder: number },
    redis: optional(flags.redis, placeholders.redis),
    metrics: { ...parsed(parseListen, flags.metrics, usage.badListen), placeholder: placeholders.listen },
    drain: { ...parsed(parseDuration, flags.drain, badDuration), placeholder: placeholders.drain },
    evenSo: toggle(flags.evenSo),
  } as const;
}

function toUpstreamFlag(words: CommandWords) {
  const { flags, placeholders, usage } = words.gateway;
  return { ...parsed(parseUpstream, flags.upstream, usage.badUpstream), placeholder: placeholders.upstream } as const;
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
