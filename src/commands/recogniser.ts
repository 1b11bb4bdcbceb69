import { KINDS, recogniseServer } from "../servers/catalogue.ts";
import { FIRST_QUESTIONS } from "../servers/questions.ts";
import type { Recogniser } from "../verify/asker.ts";

/** The catalogue of server kinds, as verify is handed it. */
export const RECOGNISER: Recogniser = {
  questionsFor(kind) {
    const known = KINDS.find(({ id }) => id === kind);
    const all = [...FIRST_QUESTIONS, ...(known?.identifiedBy ?? []), ...(known?.questions ?? [])];
    // A foreign name or origin is a browser's affair; a caller from outside has neither.
    const plain = all.filter(({ host, origin }) => host === undefined && origin === undefined);
    return [...new Map(plain.map((question) => [question.id, question])).values()];
  },
  recognise: (answers) => recogniseServer(answers),
};
