import { toPrintable } from "../report/printable.ts";
import type { Output, Session } from "./context.ts";
import { LOGIN } from "./read-facts.ts";

/** One line on the terminal that says what is going on. */
export interface Progress {
  say(text: string): void;
  /** Takes the line away, before anything else is printed. */
  clear(): void;
}

/** What is being read of one host. */
export function toReadingText({ words }: Session, target: string, fact: string): string {
  if (fact === LOGIN) return words.commands.connecting(target);
  return words.commands.reading(target, words.report.facts[fact] ?? fact);
}

/** Progress on standard error, and only where that is a terminal; elsewhere nothing is written at all. */
export function toProgress(err: Output, env: Readonly<Record<string, string | undefined>>): Progress {
  if (!err.isTerminal || env["TERM"] === "dumb") return { say: () => {}, clear: () => {} };
  let shown = false;
  return {
    say(text) {
      err.write(`\r\u001b[2K${toPrintable(text, Math.max(20, (err.columns ?? 80) - 1))}`);
      shown = true;
    },
    clear() {
      if (shown) err.write("\r\u001b[2K");
      shown = false;
    },
  };
}
