import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import { PROXY_AUTHS, PROXY_KINDS, type ProxyKind } from "../proxy/site.ts";
import { ROUTE_SCOPES } from "../servers/ollama/scopes.ts";
import { toHelpPage, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { choice, lang, layout, optional, parsed, toggle } from "./flag-kinds.ts";
import { parsePort } from "./harden-flags.ts";
import { parseListen, parseRate, type ProxyFlags } from "./proxy-flags.ts";
import type { ChangeUsersFlags, UsersFlags } from "./proxy-users.ts";
import type { ProxyCommandName } from "./words/proxy-words.ts";
import type { CommandWords } from "./words/words.ts";

/** Command lines below `portlock proxy`. */
export function toProxyLines(words: CommandWords, width: number): Readonly<Record<"proxy", RouteMap<ParserContext>>> {
  const docs = (name: ProxyCommandName) => toHelpPage(name, words.proxy.help[name], words, width);
  const { briefs } = words.proxy;
  const [nginx, caddy, haproxy] = PROXY_KINDS.map((kind) => toMake(kind, words, docs(`proxy ${kind}`)));
  if (nginx === undefined || caddy === undefined || haproxy === undefined) throw new Error("a proxy without a command");
  const users = buildRouteMap<"list" | "add" | "remove", ParserContext>({
    routes: {
      list: buildCommand<UsersFlags, [], ParserContext>({
        loader: toLoader(async () => (await import("./proxy-users.ts")).listUsers),
        parameters: { flags: toUsersFlags(words) },
        docs: docs("proxy users list"),
      }),
      add: buildCommand<ChangeUsersFlags, [name: string], ParserContext>({
        loader: toLoader<ChangeUsersFlags, [name: string]>(async () => (await import("./proxy-users.ts")).addUser),
        parameters: toChangeUsers(words),
        docs: docs("proxy users add"),
      }),
      remove: buildCommand<ChangeUsersFlags, [name: string], ParserContext>({
        loader: toLoader<ChangeUsersFlags, [name: string]>(async () => (await import("./proxy-users.ts")).removeUser),
        parameters: toChangeUsers(words),
        docs: docs("proxy users remove"),
      }),
    },
    docs: { brief: briefs.users },
  });
  return {
    proxy: buildRouteMap<ProxyKind | "users", ParserContext>({
      routes: { nginx, caddy, haproxy, users },
      docs: { brief: briefs.proxy },
    }),
  };
}

function toMake(
  kind: ProxyKind,
  words: CommandWords,
  docs: { readonly brief: string; readonly fullDescription: string },
): Command<ParserContext> {
  const { flags, placeholders, usage } = words.proxy;
  return buildCommand<ProxyFlags, [], ParserContext>({
    loader: toLoader<ProxyFlags, []>(async () => {
      const { proxy } = await import("./proxy.ts");
      return (session, given) => proxy(session, kind, given);
    }),
    parameters: {
      flags: {
        host: optional(flags.host, words.placeholders.target),
        server: optional(flags.server, words.placeholders.server),
        listen: { ...parsed(parseListen, flags.listen, usage.badListen), placeholder: placeholders.listen },
        name: optional(flags.name, placeholders.name),
        auth: choice(PROXY_AUTHS, flags.auth, words),
        gatewayPort: {
          ...parsed(parsePort, flags.gatewayPort, words.usage.badPort),
          placeholder: words.placeholders.port,
        },
        user: { ...optional(flags.user, placeholders.person), variadic: true },
        scope: { ...choice(ROUTE_SCOPES, flags.scope, words), variadic: true },
        tlsCert: optional(flags.tlsCert, words.placeholders.file),
        tlsKey: optional(flags.tlsKey, words.placeholders.file),
        tlsSelfSigned: toggle(flags.tlsSelfSigned),
        origin: { ...optional(flags.origin, placeholders.origin), variadic: true },
        rate: { ...parsed(parseRate, flags.rate, usage.badRate), placeholder: placeholders.rate },
        site: optional(flags.site, placeholders.site),
        print: toggle(flags.print),
        dryRun: toggle(words.flags.dryRun),
        plan: optional(flags.plan, words.placeholders.file),
        apply: optional(words.flags.apply, words.placeholders.file),
        yes: toggle(words.flags.yes),
        json: toggle(flags.json),
        ...layout(words),
        lang: lang(words),
      },
      aliases: { y: "yes" },
    },
    docs,
  });
}

function toUsersFlags(words: CommandWords) {
  return {
    host: optional(words.proxy.flags.host, words.placeholders.target),
    site: optional(words.proxy.flags.peopleSite, words.proxy.placeholders.site),
    json: toggle(words.proxy.flags.json),
    ...layout(words),
    lang: lang(words),
  } as const;
}

/** Flags and the name of a person, for whoever changes people. */
function toChangeUsers(words: CommandWords) {
  const { person } = words.proxy.arguments;
  return {
    flags: { ...toUsersFlags(words), yes: toggle(words.flags.yes) },
    aliases: { y: "yes" },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, brief: person, placeholder: words.proxy.placeholders.person }],
    },
  } as const;
}
