import { wrapText } from "../report/table.ts";
import type { ParserContext, Session } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { CommandHelp, CommandName, CommandWords } from "./words/words.ts";

/** A command: what it is handed in, its exit code out. */
type Handler<Flags, Arguments extends readonly (string | undefined)[]> = (
  session: Session,
  flags: Flags,
  ...args: Arguments
) => Promise<ExitCode>;

/** Loads a command when it runs, and tells the parser's context how it ended. */
export function toLoader<Flags, Arguments extends readonly (string | undefined)[]>(
  load: () => Promise<Handler<Flags, Arguments>>,
): () => Promise<(this: ParserContext, flags: Flags, ...args: Arguments) => Promise<void>> {
  return async () => {
    const handler = await load();
    return async function (this: ParserContext, flags: Flags, ...args: Arguments): Promise<void> {
      this.finish(await handler(this.session, flags, ...args));
    };
  };
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
