import type { Answer, Question } from "../facts/answers.ts";
import { FOREIGN_HOST_VERSION, FOREIGN_ORIGIN_VERSION } from "../servers/questions.ts";
import {
  expectedHostCheck,
  expectedOriginCheck,
  hostCheck,
  originCheck,
  type BrowserCheck,
} from "../servers/ollama/browser-checks.ts";
import type { ServerKindId } from "../servers/server-kind.ts";
import { isLoopback } from "./addresses.ts";
import { toAnswerEvidence } from "./authentication.ts";
import { toBarrier } from "./barriers.ts";
import type { Barrier } from "./route.ts";

/** What a server does with requests that only a browser page would send. */
export interface BrowserChecks {
  /** Against a page whose own name was rebound to this host. */
  readonly host: Barrier;
  /** Against a request of a page from elsewhere. */
  readonly origin: Barrier;
}

/** What is known of a server besides its answers. */
export interface CheckedServer {
  readonly kind: ServerKindId;
  readonly version: string | null;
  /** Address of its own socket, in a container the one inside; null where it was not seen. */
  readonly address: string | null;
  /** OLLAMA_ORIGINS as its process has it, null where unset; `known` false where that could not be read. */
  readonly origins: { readonly known: boolean; readonly value: string | null };
}

/**
 * Both checks, as measured by a request with a foreign Host and one with a foreign Origin. Where nobody could ask,
 * an Ollama's own rules tell: its Host check exists only for loopback listeners and since 0.1.29, its list of
 * origins is a setting. Of other kinds nothing is known unmeasured.
 */
export function toBrowserChecks(server: CheckedServer, answers: readonly Answer[]): BrowserChecks {
  const ollama = server.kind === "ollama";
  const off = ollama && server.address !== null && !isLoopback(server.address);
  const host = hostCheck(answers);
  const origin = originCheck(answers);
  const expectedHost = ollama && server.address !== null ? expectedHostCheck(server.version, server.address) : host;
  const expectedOrigin = ollama && server.origins.known ? expectedOriginCheck(server.origins.value) : origin;
  const accepted = off ? "check-off-on-this-address" : "check-accepts";
  return {
    host: toCheck(
      "host-check",
      host === "unmeasured" ? expectedHost : host,
      accepted,
      find(answers, FOREIGN_HOST_VERSION),
    ),
    origin: toCheck(
      "origin-check",
      origin === "unmeasured" ? expectedOrigin : origin,
      "check-accepts",
      find(answers, FOREIGN_ORIGIN_VERSION),
    ),
  };
}

function toCheck(
  kind: "host-check" | "origin-check",
  check: BrowserCheck,
  accepted: "check-off-on-this-address" | "check-accepts",
  answer: Answer | null,
): Barrier {
  const evidence = toAnswerEvidence(answer);
  switch (check) {
    case "accepts":
      return toBarrier(kind, false, accepted, evidence);
    case "refuses":
      return toBarrier(kind, true, "check-refuses", evidence);
    case "unmeasured":
      return toBarrier(kind, null, "check-unmeasured", evidence);
  }
}

function find(answers: readonly Answer[], question: Question): Answer | null {
  return answers.find((each) => each.question === question.id) ?? null;
}
