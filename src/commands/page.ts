import { toOwnCommand } from "../report/own-command.ts";
import type { TextOptions } from "../report/text.ts";
import type { Session } from "./context.ts";

/** How a user wants text laid out. */
export interface LayoutFlags {
  readonly color?: "auto" | "always" | "never";
  readonly plain?: boolean;
}

/** Columns where there is no terminal to ask: a file, a pipe, a mail. */
const PAPER_WIDTH = 100;
const NARROWEST = 20;
const WIDEST = 160;

/**
 * Text options for standard output: colour, width and layout as the terminal and the user want them.
 *
 * @param target the host that is spoken of, as `--host` takes it
 */
export function toTextOptions(
  { out, env, words }: Session,
  flags: LayoutFlags,
  target: string = "localhost",
): TextOptions {
  const columns = out.columns ?? (Number(env["COLUMNS"]) || PAPER_WIDTH);
  const dumb = env["TERM"] === "dumb";
  // https://no-color.org: set and not empty.
  const wanted = out.isTerminal && !dumb && (env["NO_COLOR"] ?? "") === "";
  return {
    words: words.report,
    width: Math.min(WIDEST, Math.max(NARROWEST, columns)),
    colour: (flags.color ?? "auto") === "auto" ? wanted : flags.color === "always",
    linear: flags.plain === true,
    own: toOwnCommand(target),
  };
}
