import type { ChangeTroubles } from "../../apply/change-error.ts";
import type { OwnCommand } from "../../report/own-command.ts";
import { toPrintable } from "../../report/printable.ts";
import type { ChangeCommandName, ChangeTroubleWords, CommandHelp } from "./words.ts";

/** Help of the commands about changes that were made. */
export const CHANGE_HELP_EN: Readonly<Record<ChangeCommandName, CommandHelp>> = {
  undo: {
    brief: "Take back what Portlock changed on a host",
    description:
      "Gives files their bytes, owners and permissions of before, and services and rules their state. A change that was " +
      "cut off is taken back the same way. Needs root. Exit code 0: all is as it was; 1: something could not be taken back.",
    examples: [
      ["", "the last change that is in force"],
      ["20261128T060102Z-3f9a --host ssh://root@gpu-1", "one change of another host"],
    ],
  },
  history: {
    brief: "Tell what Portlock has changed on a host, and how each change stands",
    description: "Reads the journals that lie on the host, oldest change first. Needs root, and changes nothing.",
    examples: [
      ["", "this host"],
      ["--host ssh://root@gpu-1 --json", "another host, plans and journals as JSON"],
    ],
  },
  confirm: {
    brief: "Keep a change that would go back by itself",
    description:
      "A change that was made with --confirm-within goes back when nobody confirms it in time. Confirm it from a new " +
      "connection: that you can still get in is what is to be shown.",
    examples: [["--host ssh://root@gpu-1", "the change that waits on that host"]],
  },
};

export const CHANGE_TROUBLES_EN: ChangeTroubleWords = {
  "not-root": () => ({
    sentence: "only root may see and make changes on this host.",
    hint: "Run it with sudo, or log in as root: --host ssh://root@HOST",
  }),
  "state-folder-unsafe": ({ path }) => ({
    sentence: `${show(path)} is not a folder that root alone can write to.`,
    hint: `Look who made it: ls -ld ${show(path)}. What is in it could be anybody's; move it away.`,
  }),
  "state-unreadable": ({ path, detail }) => ({
    sentence: `${show(path)} could not be read (${show(detail)}).`,
    hint: "Look at that folder and the disk it is on.",
  }),
  "change-at-work": ({ change }, own) => ({
    sentence:
      change === null
        ? "somebody is changing this host right now, or taking a change back."
        : `somebody is at work on this host right now: change ${change.id}, begun at ${show(change.begunAt)}.`,
    hint: `Wait until that has ended; \`${own("history")}\` tells what it is.`,
  }),
  "change-unfinished": (data, own) => ({
    sentence: `an earlier change has not come to its end: ${data.id} (${STATES[data.state]}).`,
    hint: toNext(data, own),
  }),
  "change-not-begun": ({ detail }) => ({
    sentence: `the change was not begun, and nothing was touched: ${show(detail)}.`,
    hint: "Mend that, then try again.",
  }),
  "change-cut-off": ({ id, detail }, own) => ({
    sentence: `the host no longer answers, in the middle of change ${id} (${show(detail)}).`,
    hint: `Unless it was done already it takes the change back by itself; once it can be reached, \`${own("history")}\` tells.`,
  }),
  "no-such-change": ({ id }, own) => ({
    sentence: `there is no change ${show(id)} on this host.`,
    hint: `\`${own("history")}\` lists them.`,
  }),
  "nothing-to-undo": (_, own) => ({
    sentence: "there is no change in force on this host.",
    hint: `\`${own("history")}\` lists what there was.`,
  }),
  "nothing-to-confirm": ({ id }, own) => ({
    sentence:
      id === null
        ? "no change waits for a confirmation on this host."
        : `change ${show(id)} waits for no confirmation.`,
    hint: `\`${own("history")}\` tells how each change stands; one that was not confirmed in time has gone back.`,
  }),
  "later-change-first": ({ id, later }, own) => ({
    sentence: `change ${id} cannot be taken back alone: change ${later} came after it and touches the same things.`,
    hint: `First: ${own("undo", later)}`,
  }),
};

const STATES: Readonly<Record<ChangeTroubles["change-unfinished"]["state"], string>> = {
  applying: "at work, or cut off",
  waiting: "waits for confirmation",
  applied: "applied",
  undoing: "being undone, or cut off",
  undone: "undone",
  "undo-failed": "not fully undone",
  damaged: "damaged",
};

function toNext({ id, state }: ChangeTroubles["change-unfinished"], own: OwnCommand): string {
  if (state === "waiting")
    return `Keep it with \`${own("confirm", id)}\`, or take it back with \`${own("undo", id)}\`.`;
  if (state === "damaged")
    return `Look at /var/lib/portlock/${id}; to take it back: sh /var/lib/portlock/${id}/undo.sh undo`;
  return `Wait while somebody is at work. What was cut off goes back within minutes; else take it back: ${own("undo", id)}`;
}

function show(text: string): string {
  return toPrintable(text, 300);
}
