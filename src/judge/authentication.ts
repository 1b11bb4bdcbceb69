import type { Answer } from "../facts/answers.ts";
import type { Evidence } from "../facts/evidence.ts";
import type { HttpAnswer } from "../host/host.ts";
import { FOREIGN_HOST, FOREIGN_HOST_VERSION, FOREIGN_ORIGIN, FOREIGN_ORIGIN_VERSION } from "../servers/questions.ts";
import type { Recognition } from "../servers/server-kind.ts";
import { toBarrier } from "./barriers.ts";
import type { Barrier, Proof } from "./route.ts";

/**
 * How a listener met requests without a credential. What answers as Ollama has no authentication of its own in
 * any version, so that a demand for a credential there comes from something in front of it.
 */
export function toAuthenticationBarrier(recognition: Recognition | null, answers: readonly Answer[]): Barrier {
  const access = recognition?.access ?? "unknown";
  const evidence = toAccessEvidence(recognition, answers);
  if (access === "guarded") return toBarrier("authentication", true, "demands-credential", evidence);
  if (recognition?.kind === "ollama") return toBarrier("authentication", false, "has-no-authentication", evidence);
  if (access === "open") return toBarrier("authentication", false, "answers-without-credential", evidence);
  return toBarrier("authentication", null, "authentication-unmeasured", evidence);
}

/** The connection that shows how a listener answers from the host itself; null where none was answered. */
export function toProof(recognition: Recognition | null, answers: readonly Answer[]): Proof | null {
  const evidence = toAccessEvidence(recognition, answers);
  return recognition === null || evidence === null ? null : { from: evidence.from, outcome: evidence.text };
}

/** The answer that tells how a listener meets a request without a credential; null where none was answered. */
function toAccessEvidence(recognition: Recognition | null, answers: readonly Answer[]): Evidence | null {
  const { question: teller, says = null } = recognition?.accessBy ?? {};
  const telling = answers.find(({ question }) => question === teller);
  const evidence = toAnswerEvidence(telling ?? findTelling(answers, recognition?.access ?? "unknown"));
  if (evidence === null || telling === undefined || says === null) return evidence;
  return { ...evidence, text: `${evidence.text}, ${says}` };
}

/** An answer as evidence: the request, with a header of its own as one would type it, and the status it came to. */
export function toAnswerEvidence(answer: Answer | null): Evidence | null {
  if (answer === null) return null;
  const { address, port, outcome, question } = answer;
  const [method = "GET", path = "/"] = question.split(" ");
  const url = `${answer.tls === true ? "https" : "http"}://${toAuthority(address, port)}${path}`;
  const header = HEADERS.get(question)?.(port);
  const from = header === undefined ? `${method} ${url}` : `curl -i -H '${header}' ${url}`;
  return { from, text: outcome.kind === "answered" ? `HTTP ${outcome.answer.status}` : outcome.kind };
}

/** What the requests with a header of their own send, by question. */
const HEADERS: ReadonlyMap<string, (port: number) => string> = new Map([
  [FOREIGN_HOST_VERSION.id, (port: number) => `Host: ${FOREIGN_HOST}:${port}`],
  [FOREIGN_ORIGIN_VERSION.id, () => `Origin: ${FOREIGN_ORIGIN}`],
]);

/** Address and port as in a URL. */
export function toAuthority(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function findTelling(answers: readonly Answer[], access: Recognition["access"]): Answer | null {
  const tells = (answer: HttpAnswer): boolean =>
    access === "guarded"
      ? answer.status === 401 || answer.status === 403 || answer.status === 407
      : answer.status < 300;
  const plain = answers.filter((each) => !HEADERS.has(each.question));
  return plain.find(({ outcome }) => outcome.kind === "answered" && tells(outcome.answer)) ?? plain[0] ?? null;
}
