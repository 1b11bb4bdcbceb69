import type { Answer, Question } from "../facts/answers.ts";
import type { Evidence } from "../facts/evidence.ts";
import type { Process } from "../facts/processes.ts";
import type { Listener } from "../facts/sockets.ts";
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
  /** Its own socket, in a container the one inside; null where it was not seen. */
  readonly socket: Pick<Listener, "address" | "evidence"> | null;
  /** The environment its process runs with. */
  readonly environment: Process["environment"] | null;
}

/**
 * Both checks, as measured by a request with a foreign Host and one with a foreign Origin. Where nobody could ask,
 * an Ollama's own rules tell: its Host check exists only for loopback listeners and since 0.1.29, its list of
 * origins is a setting. Of other kinds nothing is known unmeasured.
 */
export function toBrowserChecks(server: CheckedServer, answers: readonly Answer[]): BrowserChecks {
  return { host: toHostCheck(server, answers), origin: toOriginCheck(server, answers) };
}

function toHostCheck({ kind, version, socket }: CheckedServer, answers: readonly Answer[]): Barrier {
  const measured = hostCheck(answers);
  const known = kind === "ollama" ? socket : null;
  const off = known !== null && !isLoopback(known.address);
  const accepted = off ? "check-off-on-this-address" : "check-accepts";
  if (measured !== "unmeasured" || known === null) {
    return toCheck("host-check", measured, accepted, toAnswerEvidence(find(answers, FOREIGN_HOST_VERSION)));
  }
  return toCheck("host-check", expectedHostCheck(version, known.address), accepted, known.evidence);
}

function toOriginCheck({ kind, environment }: CheckedServer, answers: readonly Answer[]): Barrier {
  const measured = originCheck(answers);
  if (measured !== "unmeasured" || kind !== "ollama" || environment?.ok !== true) {
    const evidence = toAnswerEvidence(find(answers, FOREIGN_ORIGIN_VERSION));
    return toCheck("origin-check", measured, "check-accepts", evidence);
  }
  const value = environment.value["OLLAMA_ORIGINS"] ?? null;
  const evidence = { from: environment.from, text: value === null ? "OLLAMA_ORIGINS: -" : `OLLAMA_ORIGINS=${value}` };
  return toCheck("origin-check", expectedOriginCheck(value), "check-accepts", evidence);
}

function toCheck(
  kind: "host-check" | "origin-check",
  check: BrowserCheck,
  accepted: "check-off-on-this-address" | "check-accepts",
  evidence: Evidence | null,
): Barrier {
  if (check === "unmeasured") return toBarrier(kind, null, "check-unmeasured", evidence);
  const refuses = check === "refuses";
  return toBarrier(kind, refuses, refuses ? "check-refuses" : accepted, evidence);
}

function find(answers: readonly Answer[], question: Question): Answer | null {
  return answers.find((each) => each.question === question.id) ?? null;
}
