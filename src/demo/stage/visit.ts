import { sendRequest } from "../../host/http-request.ts";
import type { Outcome, Wish } from "./orders.ts";

/** Where the stranger's key stands: not on a command line, which everybody reads. */
export const KEY_VARIABLE = "PORTLOCK_DEMO_KEY";

/** The part that is the stranger: asks a server for its models once, and prints how it went. */
export async function visit(address: string, port: number): Promise<void> {
  const result = await sendRequest({ method: "GET", address, port, path: "/api/tags" });
  say(
    result.kind === "answered"
      ? { outcome: result.kind, status: result.answer.status, body: result.answer.body, pieces: 1 }
      : { outcome: result.kind, status: null, body: "", pieces: 0 },
  );
}

const MODEL = "llama3.2:3b";
const REQUESTS: Readonly<Record<Wish, readonly [method: string, path: string, body: object | null]>> = {
  list: ["GET", "/api/tags", null],
  chat: ["POST", "/api/chat", { model: MODEL, messages: [{ role: "user", content: "hello" }] }],
  delete: ["DELETE", "/api/delete", { model: MODEL }],
};

/** The same through the gateway, with the key of the environment, if there is one. */
export async function ask(address: string, port: number, wish: Wish, key: string | undefined): Promise<void> {
  const [method, path, body] = REQUESTS[wish];
  const answer = await fetch(`http://${address}:${port}${path}`, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
  const decoder = new TextDecoder();
  let text = "";
  let pieces = 0;
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    pieces += 1;
  }
  say({ outcome: "answered", status: answer.status, body: text.slice(0, 65_536), pieces });
}

export function isWish(text: string): text is Wish {
  return text in REQUESTS;
}

function say(outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
