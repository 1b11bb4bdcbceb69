import { buildApplication, buildCommand, buildRouteMap, help, version, type Application } from "@stricli/core";
import { wrapText } from "../report/table.ts";
import type { Language } from "../report/words/words.ts";
import type { AuditFlags } from "./audit.ts";
import { FIREWALL_CHOICES, MENDS, METHODS } from "../plan/choices.ts";
import type { ConfirmFlags } from "./confirm.ts";
import type { ParserContext, Session } from "./context.ts";
import type { DemoFlags } from "./demo.ts";
import { FAIL_ON, type ExitCode } from "./exit-code.ts";
import type { ExplainFlags } from "./explain.ts";
import { parseNetwork, parsePort, parseSeconds, type HardenFlags } from "./harden-flags.ts";
import type { HistoryFlags } from "./history.ts";
import { parseLanguage } from "./language.ts";
import { toParserText } from "./parser-text.ts";
import type { ProbeFlags } from "./probe.ts";
import type { RecordFlags } from "./record.ts";
import type { TraceFlags } from "./trace.ts";
import type { VerifyFlags } from "./verify.ts";
import type { UndoFlags } from "./undo.ts";
import type { CommandName, CommandWords } from "./words/words.ts";

/** A command: what it is handed in, its exit code out. */
type Handler<Flags, Arguments extends readonly (string | undefined)[]> = (
  session: Session,
  flags: Flags,
  ...args: Arguments
) => Promise<ExitCode>;

const COLORS = ["auto", "always", "never"] as const;

/** What the help of one run depends on besides its language. */
export interface HelpSetting {
  readonly version: string;
  /** The command line up to the command, for hints. */
  readonly called: string;
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
}

const WIDEST_HELP = 96;

/** The command line as the parser wants it, in one language. A command's own module is loaded when it runs. */
export function toApplication(words: CommandWords, setting: HelpSetting): Application<ParserContext> {
  const width = Math.min(WIDEST_HELP, setting.columns ?? WIDEST_HELP);
  const routes = buildRouteMap<CommandName, ParserContext>({
    routes: {
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
      verify: buildCommand<VerifyFlags, [], ParserContext>({
        loader: toLoader(async () => (await import("./verify.ts")).verify),
        parameters: {
          flags: {
            host: optional(words.flags.recordHost, words.placeholders.target),
            vantage: vantages(words),
            rehearse: toggle(words.flags.rehearse),
            cutSessions: toggle(words.flags.cutSessions),
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
    },
    docs: { brief: words.about, fullDescription: `${words.about}\n\n${toExitCodes(words)}` },
  });
  const text = toParserText(words, setting);
  return buildApplication(
    routes,
    {
      name: "portlock",
      scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
      documentation: { disableAnsiColor: true, caseStyle: "convert-camel-to-kebab" },
      localization: { text },
      determineExitCode: text.toExitCode,
    },
    {
      help: help({
        brief: words.help.helpFlag,
        complete: true,
        formatting: { caseStyle: "convert-camel-to-kebab", useAliasInUsageLine: false, onlyRequiredInUsageLine: false },
        defaultForRouteMap: true,
      }),
      version: version({ brief: words.help.versionFlag, complete: true, info: { currentVersion: setting.version } }),
    },
  );
}

function toLoader<Flags, Arguments extends readonly (string | undefined)[]>(
  load: () => Promise<Handler<Flags, Arguments>>,
) {
  return async () => {
    const handler = await load();
    return async function (this: ParserContext, flags: Flags, ...args: Arguments): Promise<void> {
      this.finish(await handler(this.session, flags, ...args));
    };
  };
}

function toDocs(name: CommandName, words: CommandWords, width: number): { brief: string; fullDescription: string } {
  const { brief, description, examples } = words.commands[name];
  const lines = examples.flatMap(([command, what]) => [`  portlock ${name} ${command}`.trimEnd(), `    ${what}`]);
  return { brief, fullDescription: [...wrapText(description, width), "", words.help.examples, ...lines].join("\n") };
}

function toExitCodes(words: CommandWords): string {
  return [words.help.exitCodes, ...words.exitCodes.map(([code, meaning]) => `  ${code.padEnd(2)}  ${meaning}`)].join(
    "\n",
  );
}

function toggle(brief: string) {
  return { kind: "boolean", optional: true, withNegated: false, brief } as const;
}

function optional(brief: string, placeholder: string) {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder } as const;
}

function many(brief: string) {
  return { kind: "parsed", parse: String, variadic: true, optional: true, brief } as const;
}

/** What `parse` gives null for is refused with `why`. */
function parsed<Value>(parse: (text: string) => Value | null, brief: string, why: string) {
  return {
    kind: "parsed",
    parse: (text: string): Value => {
      const value = parse(text);
      if (value === null) throw new Error(why);
      return value;
    },
    optional: true,
    brief,
  } as const;
}

/** Places to call a host from. */
function vantages(words: CommandWords) {
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
  } as const;
}

/** One of a few words. Not the parser's own kind, whose help does not align beside Chinese. */
function choice<Value extends string>(values: readonly Value[], brief: string, words: CommandWords) {
  return {
    kind: "parsed",
    parse: (text: string): Value => {
      const value = values.find((each) => each === text);
      if (value === undefined) throw new Error(words.usage.takes(values));
      return value;
    },
    proposeCompletions: (partial: string) => values.filter((value) => value.startsWith(partial)),
    optional: true,
    placeholder: values.join("|"),
    brief,
  } as const;
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

function layout(words: CommandWords) {
  return {
    color: choice(COLORS, words.flags.color, words),
    plain: toggle(words.flags.plain),
  } as const;
}

/** Only checked here: which language it is was found out before the command line was parsed. */
function lang(words: CommandWords) {
  return {
    kind: "parsed",
    parse: (text: string): Language => {
      const language = parseLanguage(text);
      if (language === null) throw new Error(words.usage.badLanguage);
      return language;
    },
    proposeCompletions: (partial: string) => ["en", "zh-CN"].filter((name) => name.startsWith(partial)),
    optional: true,
    placeholder: "en|zh-CN",
    brief: words.flags.lang,
  } as const;
}
