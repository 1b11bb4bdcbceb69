import { KINDS, recogniseServer } from "../servers/catalogue.ts";
import type { Recogniser } from "../verify/asker.ts";

/** What recognises model servers for the room that verifies, which knows no kind itself. */
export const RECOGNISER: Recogniser = {
  questionsFor: (kind) => {
    const found = KINDS.find(({ id }) => id === kind);
    return found === undefined ? [] : [...found.identifiedBy, ...found.questions];
  },
  recognise: (answers) => recogniseServer(answers),
};
