import type { Session } from "./context.ts";

/**
 * Asks on the terminal and reads one line. True only for one of the answers that mean yes; the end of the input, an
 * empty line and everything else mean no.
 */
export async function askYes(session: Session, question: string): Promise<boolean> {
  session.err.write(question);
  const answer = await readLine(session.input);
  return session.words.commands.harden.yes.includes(answer.trim().toLowerCase());
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
