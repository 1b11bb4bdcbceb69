import { toJson } from "../report/json.ts";
import { wrapText } from "../report/table.ts";
import type { ParserContext, Session } from "./context.ts";
import { formatError, toBugText, toErrorDocument, toErrorText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { CommandHelp, CommandName, CommandWords } from "./words/words.ts";

/** A command: what it is handed in, its exit code out. */
type Handler<Flags, Arguments extends readonly (string | undefined)[]> = (
  session: Session,
  flags: Flags,
  ...args: Arguments
) => Promise<ExitCode>;

/** What a command may be told about the host it is about, and how it is to answer. */
interface CommonFlags {
  /** A command that is about several hosts tells of each by itself. */
  readonly host?: string | readonly string[];
  readonly json?: boolean;
  readonly lang?: string;
}

/**
 * Loads a command when it runs, and tells the parser's context how it ended. What it throws is told on standard error,
 * and as a document where one was asked for.
 */
export function toLoader<Flags extends CommonFlags, Arguments extends readonly (string | undefined)[]>(
  load: () => Promise<Handler<Flags, Arguments>>,
): () => Promise<(this: ParserContext, flags: Flags, ...args: Arguments) => Promise<void>> {
  return async () => {
    const handler = await load();
    return async function (this: ParserContext, flags: Flags, ...args: Arguments): Promise<void> {
      try {
        this.finish(await handler(this.session, flags, ...args));
      } catch (error) {
        this.finish(tellError(this.session, flags, error));
      }
    };
  };
}

function tellError({ words: { commands }, err, out, version }: Session, flags: CommonFlags, error: unknown): ExitCode {
  const target = typeof flags.host === "string" ? flags.host : "localhost";
  const text = toErrorText(error, commands, target);
  if (text === null) {
    err.write(`${toBugText(error, commands, version, target)}\n`);
    return EXIT.bug;
  }
  err.write(formatError(text, commands));
  if (flags.json === true) out.write(toJson(toErrorDocument(target, text)));
  return text.exitCode;
}

/** Help of one command, wrapped to so many columns. */
export function toDocs(
  name: CommandName,
  words: CommandWords,
  width: number,
): { brief: string; fullDescription: string } {
  return toHelpPage(name, words.commands[name], words, width);
}

/** The same for a command inside another: `path` is what is typed after `portlock`. */
export function toHelpPage(
  path: string,
  { brief, description, examples }: CommandHelp,
  words: CommandWords,
  width: number,
): { brief: string; fullDescription: string } {
  const lines = examples.flatMap(([command, what]) => [`  portlock ${path} ${command}`.trimEnd(), `    ${what}`]);
  return { brief, fullDescription: [...wrapText(description, width), "", words.help.examples, ...lines].join("\n") };
}
