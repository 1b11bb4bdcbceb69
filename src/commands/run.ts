import { ExitCode as ParserCode, proposeCompletions, run } from "@stricli/core";
import { toApplication } from "./application.ts";
import { proposeNames } from "./called-command.ts";
import type { Context, ParserContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { loadWords, toLanguage } from "./language.ts";

/** The hidden word by which a completion script asks; what follows are the words of the command line so far. */
const COMPLETE = "__complete";

/**
 * Runs one command line, prints through the context and gives the exit code. Nothing is thrown: what goes
 * wrong is printed with a code, a sentence and what to do.
 */
export async function runPortlock(argv: readonly string[], context: Context): Promise<number> {
  const words = await loadWords(toLanguage(argv, context.env));
  const session = { ...context, words };
  const inputs = toInputs(argv);
  const app = toApplication(words.commands, {
    version: context.version,
    inputs,
    columns: context.out.columns,
  });
  let finished: number = EXIT.clear;
  const parser: { exitCode?: number | string | null } & ParserContext["process"] = {
    stdout: { write: (text) => context.out.write(text) },
    stderr: { write: (text) => context.err.write(text) },
  };
  const parserContext = {
    process: parser,
    session,
    finish: (code: number) => {
      finished = code;
    },
  };
  if (argv[0] === COMPLETE) {
    const typed = argv.slice(1);
    const proposals = await proposeCompletions(app, typed, parserContext);
    const words = [...proposeNames(app.root, typed), ...proposals.map(({ completion }) => completion)];
    for (const word of new Set(words)) context.out.write(`${word}\n`);
    return EXIT.clear;
  }
  await run(app, inputs, parserContext);
  return toExit(Number(parser.exitCode ?? 0), finished);
}

/** What many type first is understood too: `portlock help audit`, `portlock --lang zh-CN audit`. */
function toInputs(argv: readonly string[]): readonly string[] {
  if (argv[0] === "help") return [...argv.slice(1), "--help"];
  const leading = argv[0] === "--lang" ? 2 : argv[0]?.startsWith("--lang=") === true ? 1 : 0;
  const [command, ...rest] = argv.slice(leading);
  if (leading === 0 || command === undefined || command.startsWith("-")) return argv.slice(leading);
  return [command, ...argv.slice(0, leading), ...rest];
}

/** The parser's own codes are negative; a code it was handed for a command's error is ours already. */
function toExit(code: number, finished: number): number {
  if (code === ParserCode.Success) return finished;
  if (code === ParserCode.UnknownCommand || code === ParserCode.InvalidArgument) return EXIT.usage;
  return code < 0 ? EXIT.bug : code;
}
