import { connect } from "node:net";
import type { StandInOptions } from "./options.ts";
import type { StandIn } from "./start.ts";
import { startStandIn } from "./start.ts";

/** What the stand-in's tests share. */

/** Runs `use` against a stand-in on a free loopback port, and closes it whatever happens. */
export async function withStandIn(
  options: StandInOptions,
  use: (standIn: StandIn, url: string) => Promise<void>,
): Promise<void> {
  const standIn = await startStandIn({ host: "127.0.0.1:0", ...options });
  try {
    await use(standIn, `http://127.0.0.1:${standIn.port}`);
  } finally {
    await standIn.close();
  }
}

/** Sends bytes and returns all bytes that come back until the server closes. */
export function sendRaw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(request);
  });
}

/** Asks again until the answer is yes; the test runner's own limit ends a wait in vain. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function post(body: unknown): RequestInit {
  return { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
}

export function toLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** A request that both /api/chat and /v1/chat/completions take. */
export const CHAT: { readonly model: string; readonly messages: readonly object[] } = {
  model: "llama3.2:3b",
  messages: [{ role: "user", content: "hello there" }],
};
