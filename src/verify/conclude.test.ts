import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Answer } from "../facts/answers.ts";
import type { RequestOutcome } from "../host/host.ts";
import { recogniseServer } from "../servers/catalogue.ts";
import { conclude } from "./conclude.ts";
import { CONNECTED } from "./visits.ts";

function toAnswers(replies: Readonly<Record<string, RequestOutcome>>): readonly Answer[] {
  return Object.entries(replies).map(([question, outcome]) => ({
    question,
    address: "10.0.0.1",
    port: 11_434,
    namespace: null,
    outcome,
  }));
}

function say(status: number, body = ""): RequestOutcome {
  return { kind: "answered", answer: { status, headers: {}, body, truncated: false } };
}

describe("what one door comes to", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, RequestOutcome>>, string])[] = [
    [
      "an Ollama that answers",
      { "GET /": say(200, "Ollama is running"), "GET /api/version": say(200, '{"version":"0.24.0"}') },
      "open",
    ],
    ["nobody listens", { "GET /": { kind: "refused" } }, "closed"],
    ["packets are dropped", { "GET /": { kind: "timeout" } }, "closed"],
    ["packets are rejected as prohibited", { "GET /": { kind: "unroutable" } }, "closed"],
    ["taken, and no word: no rule stopped it", { "GET /": { kind: "timeout", detail: CONNECTED } }, "unknown"],
    ["taken, and closed", { "GET /": { kind: "closed" } }, "unknown"],
    ["the place itself failed", { "GET /": { kind: "not-possible", detail: "the host was not heard" } }, "unknown"],
    [
      "a proxy that asks for a password",
      { "GET /": say(401), "GET /api/version": say(401), "GET /v1/models": say(401) },
      "guarded",
    ],
    ["another web server", { "GET /": say(200, "<html>"), "GET /api/version": say(404) }, "unknown"],
    ["nothing was asked", {}, "unknown"],
  ];
  for (const [what, replies, verdict] of cases) {
    test(`${what}: ${verdict}`, () => {
      assert.equal(conclude(toAnswers(replies), { recognise: (answers) => recogniseServer(answers) }).verdict, verdict);
    });
  }
});
