import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import { GRANTS, SCOPES } from "../gateway/key.ts";
import { toHelpPage, toLoader } from "./command-line.ts";
import type { ParserContext } from "./context.ts";
import { lang, layout, optional, parsed, toggle, type Valued } from "./flag-kinds.ts";
import {
  type CreateFlags,
  type ListFlags,
  parseCount,
  parseDuration,
  parseExpiry,
  parseKeepAlive,
  parseName,
  parseNetworks,
  parsePatterns,
  parsePublicKey,
  parseSome,
  type RevokeFlags,
  type RotateFlags,
  type ShowFlags,
  type UsageFlags,
  type WishFlags,
} from "./keys-flags.ts";
import { parseSize } from "./size.ts";
import type { KeysCommandName } from "./words/keys-words.ts";
import type { CommandWords } from "./words/words.ts";

type Lines<Name extends KeysCommandName> = Readonly<Record<Name, Command<ParserContext>>>;

/** Command lines about keys: `portlock keys create alice`. */
export function toKeysLines(words: CommandWords, width: number): RouteMap<ParserContext> {
  return buildRouteMap<KeysCommandName, ParserContext>({
    routes: { ...toMakingLines(words, width), ...toShowingLines(words, width), ...toChangingLines(words, width) },
    docs: { brief: words.keys.about.brief, fullDescription: words.keys.about.description },
  });
}

function toMakingLines(words: CommandWords, width: number): Lines<"create" | "import"> {
  const { keys } = words;
  const name = toParsed(parseName, keys.arguments.newName, keys.usage.badName, keys.placeholders.name);
  return {
    create: buildCommand<CreateFlags, [name: string], ParserContext>({
      loader: toLoader<CreateFlags, [name: string]>(async () => (await import("./keys-create.ts")).create),
      parameters: {
        flags: {
          ...toWishFlags(words),
          ollamaKey: toParsed(
            parsePublicKey,
            keys.flags.ollamaKey,
            keys.usage.badPublicKey,
            keys.placeholders.publicKey,
          ),
          ...toDataFlags(words, keys.flags.createJson),
        },
        positional: {
          kind: "tuple",
          parameters: [{ parse: name.parse, brief: name.brief, placeholder: keys.placeholders.name }],
        },
      },
      docs: toHelpPage("keys create", keys.commands.create, words, width),
    }),
    import: buildCommand<WishFlags, [file: string], ParserContext>({
      loader: toLoader<WishFlags, [file: string]>(async () => (await import("./keys-import.ts")).importKeys),
      parameters: {
        flags: { ...toWishFlags(words), ...toDataFlags(words) },
        positional: {
          kind: "tuple",
          parameters: [{ parse: String, brief: keys.arguments.htpasswd, placeholder: keys.placeholders.file }],
        },
      },
      docs: toHelpPage("keys import", keys.commands.import, words, width),
    }),
  };
}

function toShowingLines(words: CommandWords, width: number): Lines<"list" | "show" | "usage"> {
  const { keys } = words;
  return {
    list: buildCommand<ListFlags, [], ParserContext>({
      loader: toLoader(async () => (await import("./keys-list.ts")).list),
      parameters: { flags: { all: toggle(keys.flags.all), ...toDataFlags(words), ...layout(words) } },
      docs: toHelpPage("keys list", keys.commands.list, words, width),
    }),
    show: buildCommand<ShowFlags, [key: string], ParserContext>({
      loader: toLoader<ShowFlags, [key: string]>(async () => (await import("./keys-list.ts")).show),
      parameters: { flags: { ...toDataFlags(words), ...layout(words) }, positional: toKey(words) },
      docs: toHelpPage("keys show", keys.commands.show, words, width),
    }),
    usage: buildCommand<UsageFlags, [key?: string], ParserContext>({
      loader: toLoader<UsageFlags, [key?: string]>(async () => (await import("./keys-usage.ts")).usage),
      parameters: {
        flags: {
          since: toParsed(parseDuration, keys.flags.since, keys.usage.badDuration, keys.placeholders.duration),
          ...toDataFlags(words),
          ...layout(words),
        },
        positional: {
          kind: "tuple",
          parameters: [
            { parse: String, optional: true, brief: keys.arguments.usageKey, placeholder: keys.placeholders.key },
          ],
        },
      },
      docs: toHelpPage("keys usage", keys.commands.usage, words, width),
    }),
  };
}

function toChangingLines(words: CommandWords, width: number): Lines<"rotate" | "revoke"> {
  const { keys } = words;
  return {
    rotate: buildCommand<RotateFlags, [key: string], ParserContext>({
      loader: toLoader<RotateFlags, [key: string]>(async () => (await import("./keys-rotate.ts")).rotate),
      parameters: {
        flags: {
          grace: toParsed(parseDuration, keys.flags.grace, keys.usage.badDuration, keys.placeholders.duration),
          ...toDataFlags(words, keys.flags.createJson),
        },
        positional: toKey(words),
      },
      docs: toHelpPage("keys rotate", keys.commands.rotate, words, width),
    }),
    revoke: buildCommand<RevokeFlags, [key: string], ParserContext>({
      loader: toLoader<RevokeFlags, [key: string]>(async () => (await import("./keys-revoke.ts")).revoke),
      parameters: {
        flags: { endStreams: toggle(keys.flags.endStreams), ...toDataFlags(words) },
        positional: toKey(words),
      },
      docs: toHelpPage("keys revoke", keys.commands.revoke, words, width),
    }),
  };
}

/** What a key may do. */
function toWishFlags(words: CommandWords) {
  const { flags, placeholders, usage } = words.keys;
  return {
    scope: toList(SCOPES, flags.scope, words),
    models: toParsed(parsePatterns, flags.models, usage.badPatterns, placeholders.patterns),
    expires: toParsed(parseExpiry, flags.expires, usage.badExpiry, placeholders.duration),
    rpm: toParsed(parseCount, flags.rpm, usage.badCount, placeholders.number),
    tokensPerDay: toParsed(parseCount, flags.tokensPerDay, usage.badCount, placeholders.number),
    concurrent: toParsed(parseCount, flags.concurrent, usage.badCount, placeholders.number),
    maxBody: toParsed(parseSize, flags.maxBody, usage.badSize, placeholders.size),
    maxContext: toParsed(parseCount, flags.maxContext, usage.badCount, placeholders.number),
    maxKeepAlive: toParsed(parseKeepAlive, flags.maxKeepAlive, usage.badDuration, placeholders.duration),
    from: toParsed(parseNetworks, flags.from, usage.badNetworks, placeholders.networks),
    grant: toList(GRANTS, flags.grant, words),
  } as const;
}

function toDataFlags(words: CommandWords, json: string = words.keys.flags.json) {
  return {
    data: optional(words.keys.flags.data, words.keys.placeholders.place),
    json: toggle(json),
    lang: lang(words),
  } as const;
}

function toParsed<Value>(
  parse: (text: string) => Value | null,
  brief: string,
  why: string,
  placeholder: string,
): Valued<Value> {
  return { ...parsed(parse, brief, why), placeholder };
}

/** Some of a few words, with commas between. */
function toList<Value extends string>(
  values: readonly Value[],
  brief: string,
  words: CommandWords,
): Valued<readonly Value[]> {
  return {
    ...parsed((text) => parseSome(text, values), brief, words.keys.usage.badList(values)),
    proposeCompletions: (partial: string) => {
      const done = partial.slice(0, partial.lastIndexOf(",") + 1);
      return values.map((value) => done + value).filter((value) => value.startsWith(partial));
    },
    placeholder: values.join(","),
  };
}

/** The key a command is about. */
function toKey(words: CommandWords) {
  return {
    kind: "tuple",
    parameters: [{ parse: String, brief: words.keys.arguments.key, placeholder: words.keys.placeholders.key }],
  } as const;
}
