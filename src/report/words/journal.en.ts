import type { JournalWords } from "./journal-words.ts";

export const JOURNAL_EN: JournalWords = {
  nothing: "Portlock has changed nothing on this host.",
  headings: { id: "Change", begunAt: "Begun", state: "State", changed: "What was changed" },
  states: {
    applying: "at work, or cut off",
    waiting: "waits for confirmation",
    applied: "applied",
    undoing: "being undone, or cut off",
    undone: "undone",
    "undo-failed": "NOT fully undone",
  },
  outcome: (state, id, confirmBy) => {
    switch (state) {
      case "applying":
        return `The change ${id} is at work, or was cut off. Where nobody is at work any more:`;
      case "waiting":
        return `The change ${id} is in force and waits for its confirmation${confirmBy === null ? "" : ` until ${confirmBy}`}; after that everything goes back. To keep it:`;
      case "applied":
        return `The change ${id} is in force. To take it back:`;
      case "undoing":
        return `The change ${id} is being taken back, or that was cut off. Where nobody is at work any more:`;
      case "undone":
        return `The change ${id} is undone: what it touched is as it was before.`;
      case "undo-failed":
        return `The change ${id} could NOT be taken back in full: what is named below is not as it was. Once that is mended, try again:`;
    }
  },
  events: {
    begun: "begun",
    armed: "the watch that takes it back is at its post",
    "step-begun": "begun",
    "step-done": "done",
    "step-failed": "failed",
    verified: "looked at again: as promised",
    "not-verified": "looked at again: not as promised",
    waiting: "waits for confirmation",
    confirmed: "confirmed",
    applied: "applied",
    "undo-begun": "the undo is begun",
    "step-undone": "undone",
    "undo-step-failed": "not fully undone",
    undone: "undone",
    "undo-failed": "not fully undone",
  },
  ofStep: (event, step) => `step ${step}: ${event}`,
  stepFailed: (step, detail) => `${step === null ? "Failed" : `Step ${step} failed`}: ${detail}`,
  undoFailed: (step, detail) =>
    `${step === null ? "Not taken back" : `Step ${step} was not fully taken back`}: ${detail}`,
  damaged: (id, part) =>
    `The change ${id} cannot be told: its ${PARTS[part]} is damaged. It may still be taken back: sh /var/lib/portlock/${id}/undo.sh undo`,
};

const PARTS = { state: "state", plan: "plan", journal: "journal" } as const;
