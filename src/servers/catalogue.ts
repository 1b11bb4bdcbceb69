import type { Answer, Question } from "../facts/answers.ts";
import type { Wanted } from "../facts/wanted.ts";
import { declareKind } from "./kinds/declare-kind.ts";
import { KIND_ENTRIES } from "./kinds/kinds.ts";
import { OLLAMA } from "./ollama/ollama.ts";
import { FIRST_QUESTIONS } from "./questions.ts";
import { RELAY_VARIABLES } from "./relays.ts";
import type { Recognition, ServerKind } from "./server-kind.ts";

/** Every kind Portlock recognises, Ollama first. */
export const KINDS: readonly ServerKind[] = [OLLAMA, ...KIND_ENTRIES.map(declareKind)];

/** Below this a recognition is a guess, and the marks of other kinds are still worth asking for. */
const SURE = 50;

/** Who answers, by all answers of one listener: the kind whose answers are hardest to give by accident. Null: nobody known. */
export function recogniseServer(answers: readonly Answer[], kinds: readonly ServerKind[] = KINDS): Recognition | null {
  let best: Recognition | null = null;
  for (const kind of kinds) {
    const found = kind.recognise(answers);
    if (found !== null && found.specificity > (best?.specificity ?? 0)) best = found;
  }
  return best;
}

/** What the gatherers look for, so that they need not know any kind. */
export function toWanted(kinds: readonly ServerKind[] = KINDS): Wanted {
  return {
    variables: [...new Set([...kinds.flatMap((kind) => kind.variables), ...RELAY_VARIABLES])],
    questions: FIRST_QUESTIONS,
    furtherQuestions: (answers) => furtherQuestions(answers, kinds),
    recognises: (answers) => recogniseServer(answers, kinds) !== null,
    ports: [...new Set(kinds.flatMap((kind) => kind.ports))],
    looksLikeServer: (process) => kinds.some((kind) => kind.looksLike(process)),
    wantsUnit: (name) => kinds.some((kind) => kind.units?.test(name) ?? false),
    defaultsFiles: [...new Set(kinds.flatMap((kind) => kind.defaultsFiles))],
    filesOf: (process, home) =>
      kinds.filter((kind) => kind.looksLike(process)).flatMap((kind) => kind.filesOf(process, home)),
  };
}

/** A kind that is sure is asked for the rest it tells; anybody else for the marks of every kind. */
function furtherQuestions(answers: readonly Answer[], kinds: readonly ServerKind[]): readonly Question[] {
  if (!answers.some(({ outcome }) => outcome.kind === "answered")) return [];
  const found = recogniseServer(answers, kinds);
  const sure = found !== null && found.specificity >= SURE ? kinds.find((kind) => kind.id === found.kind) : undefined;
  const wanted = sure === undefined ? kinds.flatMap((kind) => kind.identifiedBy) : sure.questions;
  const asked = new Set(answers.map(({ question }) => question));
  return [...new Map(wanted.map((question) => [question.id, question])).values()].filter(({ id }) => !asked.has(id));
}
