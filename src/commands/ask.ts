import type { Session } from "./context.ts";

/**
 * Asks on the terminal and reads one line. True only for one of the answers that mean yes; the end of the input, an
 * empty line and everything else mean no, and whoever presses Ctrl-C instead is told that nothing was changed.
 */
export async function askYes(
  session: Pick<Session, "err" | "input" | "onStop" | "words">,
  question: string,
): Promise<boolean> {
  const says = session.words.commands.harden;
  session.onStop(says.nothingChanged);
  session.err.write(question);
  const answer = await readLine(session.input);
  session.onStop(null);
  return says.yes.includes(answer.trim().toLowerCase());
}

const LONGEST_ANSWER = 200;

async function readLine(input: Session["input"]): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LONGEST_ANSWER) break;
  }
  return text.split("\n", 1)[0] ?? "";
}
