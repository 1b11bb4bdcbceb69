import type { Answer } from "../facts/answers.ts";
import type { RouteVerdict } from "../judge/route.ts";
import type { Recogniser } from "./asker.ts";
import type { Outcome } from "./proofs.ts";
import { CONNECTED } from "./visits.ts";

export interface Concluded {
  readonly outcome: Outcome;
  readonly verdict: RouteVerdict;
}

const DEMANDS: readonly number[] = [401, 407];

/**
 * What the answers of one door come to. Nobody who answers is `closed` only where the call itself was turned away or
 * dropped: a connection that was taken and then stayed silent leaves it `unknown`, and so does another program.
 */
export function conclude(answers: readonly Answer[], recogniser: Pick<Recogniser, "recognise">): Concluded {
  const first = answers[0]?.outcome ?? { kind: "not-possible", detail: "not asked" };
  const found = recogniser.recognise(answers);
  if (first.kind !== "answered") {
    const detail = first.detail ?? null;
    const isClosed =
      first.kind === "refused" || first.kind === "unroutable" || (first.kind === "timeout" && detail !== CONNECTED);
    return { outcome: { kind: first.kind, detail }, verdict: isClosed ? "closed" : "unknown" };
  }
  const answered = answers.flatMap(({ outcome }) => (outcome.kind === "answered" ? [outcome.answer.status] : []));
  const { status } = first.answer;
  if (found === null) {
    const isGuarded = answered.every((each) => DEMANDS.includes(each));
    return { outcome: { kind: "answered", status, isModelServer: false }, verdict: isGuarded ? "guarded" : "unknown" };
  }
  const told =
    found.access === "guarded"
      ? (answered.find((each) => each === 401 || each === 403 || each === 407) ?? status)
      : status;
  return { outcome: { kind: "answered", status: told, isModelServer: true }, verdict: found.access };
}
