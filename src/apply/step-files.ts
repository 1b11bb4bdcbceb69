import type { Step } from "../plan/plan.ts";
import { Fault } from "./fault.ts";

export interface StepFile {
  readonly name: string;
  readonly text: string;
}

/**
 * What the script reads of a step, one thing a file: `file-001.path`, `folder-001.path`, `mode-001.path` with `.from`
 * and `.to`, `undo-before-001.argv`, `undo-after-001.argv`. Throws a `Fault` where a path is none the script can go to.
 */
export function toStepFiles(step: Step): readonly StepFile[] {
  return [
    ...toTouchedFiles(step).map((path, index) => toPathFile("file", index, path)),
    ...step.folders.map((path, index) => toPathFile("folder", index, path)),
    ...step.modes.flatMap(({ path, from, to }, index) => [
      toPathFile("mode", index, path),
      { name: toName("mode", index, "from"), text: from.toString(8) },
      { name: toName("mode", index, "to"), text: to.toString(8) },
    ]),
    ...step.undo.before.map((words, index) => toWordsFile("undo-before", index, words)),
    ...step.undo.after.map((words, index) => toWordsFile("undo-after", index, words)),
  ];
}

/** Those that the step writes, and then those that its commands do. */
function toTouchedFiles({ files, keeps = [] }: Pick<Step, "files" | "keeps">): readonly string[] {
  return [...files.map(({ path }) => path), ...keeps];
}

/** Name of a file about one item of a step. `index` counts from 0. */
export function toName(kind: string, index: number, what: string): string {
  return `${kind}-${String(index + 1).padStart(3, "0")}.${what}`;
}

function toPathFile(kind: string, index: number, path: string): StepFile {
  const isPlain = /^(?:\/[^/\0]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
  if (!isPlain) throw new Fault(`not a plain absolute path: ${path}`);
  return { name: toName(kind, index, "path"), text: path };
}

/** One word a line; `printf %b` of every shell gives back what was escaped. */
function toWordsFile(kind: string, index: number, words: readonly string[]): StepFile {
  const lines = words.map((word) => `${word.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`);
  return { name: toName(kind, index, "argv"), text: lines.join("") };
}
