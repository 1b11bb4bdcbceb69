import {
  type ArgumentParseError,
  ArgumentScannerError,
  formatMessageForArgumentScannerError,
  type ApplicationText,
} from "@stricli/core";
import type { CalledCommand } from "./called-command.ts";
import { formatError, toBugText, toErrorText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { CommandWords } from "./words/words.ts";

/** Everything the argument parser prints, and the exit code of what a command throws. */
export interface ParserText extends ApplicationText {
  readonly toExitCode: (error: unknown) => ExitCode;
}

/** The parser's texts in our words; the hints name the command that was called. */
export function toParserText(
  words: CommandWords,
  { version, called }: { readonly version: string; readonly called: CalledCommand },
): ParserText {
  const usage = (sentence: string): string =>
    formatError(
      { code: "usage", sentence, hint: words.usage.hint(called.path), detail: "", exitCode: EXIT.usage },
      words,
    ).trimEnd();
  const failure = (error: unknown): string => {
    const text = toErrorText(error, words);
    return text === null ? toBugText(error, words, version) : formatError(text, words).trimEnd();
  };
  return {
    headers: words.help,
    keywords: words.help,
    briefs: {
      help: words.help.helpFlag,
      helpAll: words.help.helpFlag,
      version: words.help.versionFlag,
      argumentEscapeSequence: words.help.escape,
    },
    noCommandRegisteredForInput: ({ input, corrections }) => usage(words.usage.noSuchCommand(input, corrections)),
    exceptionWhileParsingArguments: (error) =>
      error instanceof ArgumentScannerError ? usage(toUsageSentence(error, words, called)) : failure(error),
    exceptionWhileLoadingCommandFunction: failure,
    exceptionWhileLoadingCommandContext: failure,
    exceptionWhileRunningCommand: failure,
    commandErrorResult: failure,
    exceptionWhileRunningIntegrationHook: ({ exception }) => failure(exception),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => failure(exception),
    // Neither is reached: there is one text and no look for newer versions.
    noTextAvailableForLocale: ({ defaultLocale }) => defaultLocale,
    currentVersionIsNotLatest: ({ currentVersion }) => currentVersion,
    toExitCode: (error) => toErrorText(error, words)?.exitCode ?? EXIT.bug,
  };
}

function toUsageSentence(error: ArgumentScannerError, { usage }: CommandWords, { nearest }: CalledCommand): string {
  return formatMessageForArgumentScannerError(error, {
    FlagNotFoundError: ({ input, corrections }) =>
      usage.noSuchFlag(
        `--${input}`,
        corrections.map((each) => `--${each}`),
      ),
    AliasNotFoundError: ({ input }) => usage.noSuchFlag(`-${input}`, []),
    ArgumentParseError: (fault) =>
      usage.badValue(toName(fault), fault.input, fault.exception instanceof Error ? fault.exception.message : ""),
    EnumValidationError: ({ externalFlagName, input, values }) =>
      usage.notOneOf(`--${externalFlagName}`, input, values),
    UnsatisfiedFlagError: ({ externalFlagName }) => usage.valueMissing(`--${externalFlagName}`),
    UnsatisfiedPositionalError: ({ placeholder }) => usage.argumentMissing(placeholder),
    UnexpectedPositionalError: ({ input }) =>
      nearest === null ? usage.tooManyArguments(input) : usage.noSuchCommand(input, [`\`${nearest}\``]),
    UnexpectedFlagError: ({ externalFlagName }) => usage.givenTwice(`--${externalFlagName}`),
    InvalidNegatedFlagSyntaxError: ({ externalFlagName }) => usage.takesNoValue(`--${externalFlagName}`),
  });
}

function toName({ externalFlagNameOrPlaceholder }: ArgumentParseError): string {
  return `--${externalFlagNameOrPlaceholder}`;
}
