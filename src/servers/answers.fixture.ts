import type { Answer, Question } from "../facts/answers.ts";
import type { HttpAnswer } from "../host/host.ts";

/** One answer of a listener on 127.0.0.1, for tests. An object as body is sent as JSON. */
export function answer(
  question: Question,
  body: unknown,
  rest: Partial<Pick<HttpAnswer, "status" | "headers" | "truncated">> = {},
): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    question: question.id,
    address: "127.0.0.1",
    port: 11434,
    namespace: null,
    outcome: { kind: "answered", answer: { status: 200, headers: {}, truncated: false, ...rest, body: text } },
  };
}

/** Answers that a real server gave: status and body by question. */
export function recorded(told: Readonly<Record<string, readonly [status: number, body: string]>>): readonly Answer[] {
  return Object.entries(told).map(([id, [status, body]]) => answer({ id, method: "GET", path: "/" }, body, { status }));
}
