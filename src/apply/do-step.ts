import { applyEdit, type FileText } from "../plan/file-edit.ts";
import type { FileChange, Step } from "../plan/plan.ts";
import { type Change, toStepFolder, toStepName, write } from "./change-folder.ts";
import { Fault, must, mustSucceed } from "./fault.ts";
import { toName } from "./step-files.ts";
import { waitFor } from "./expectations.ts";

/** Mode of a file that a splice makes where there was none. */
const NEW_FILE_MODE = 0o644;

/**
 * Does one step: first everything it touches is kept on the disk, then files, permissions and commands are done in
 * that order, then it is looked at. Throws a `Fault` where something does not go; the script takes back what was begun.
 */
export async function doStep(change: Change, step: Step, number: number): Promise<void> {
  const { host, script } = change;
  const folder = toStepFolder(change, number);
  await mustBeOurs(change);
  mustSucceed("keep", await host.change(["/bin/sh", script, "keep", toStepName(number)]));
  await change.note("step-begun", number);
  // Edits are made to what was kept, so that what is undone is what was changed.
  const texts = await Promise.all(step.files.map((file, index) => edit(change, folder, file, index)));
  for (const path of step.folders) await makeFolder(change, path);
  for (const [index, file] of step.files.entries()) await put(change, file, texts[index] ?? null);
  if (step.modes.length > 0) {
    mustSucceed("chmod", await host.change(["/bin/sh", script, "set-modes", toStepName(number)]));
  }
  await write(host, `${folder}/ran`, "");
  for (const command of step.commands) {
    await mustBeOurs(change);
    mustSucceed(command[0], await host.change(command));
  }
  await mustBeOurs(change);
  await waitFor(host, step.expect);
  await change.note("step-done", number);
}

/** Rejects where the change was taken back meanwhile; says to the watch that somebody is at work. */
export async function mustBeOurs({ host, folder }: Change): Promise<void> {
  must(await host.appendFile(`${folder}/progress`, "."));
  const state = must(await host.readFile(`${folder}/state`)).trim();
  if (state !== "applying") throw new Fault(`it was taken back meanwhile: ${state}`);
}

/** The text a file will hold; null: there will be none. */
async function edit({ host, lines }: Change, folder: string, file: FileChange, index: number): Promise<FileText> {
  const kept = await host.readFile(`${folder}/${toName("file", index, "before")}`);
  const text = !kept.ok && kept.why === "absent" ? null : must(kept);
  if (file.edit.kind === "splice" && text?.includes("\uFFFD") === true) throw new Fault(`${file.path}: not UTF-8`);
  const edited = applyEdit(text, file.edit, lines);
  if (!edited.ok) throw new Fault(`${file.path}: it is not as it was when the plan was made`);
  return edited.text;
}

async function makeFolder({ host }: Change, path: string): Promise<void> {
  if ((await host.stat(path)).ok) return;
  mustSucceed("mkdir", await host.change(["mkdir", "-m", "0755", "--", path]));
}

async function put({ host }: Change, { path, edit: how }: FileChange, text: FileText): Promise<void> {
  if (text === null) mustSucceed("rm", await host.change(["rm", "-f", "--", path]));
  else
    must(
      await host.writeFile(path, text, {
        mode: "mode" in how ? (how.mode ?? NEW_FILE_MODE) : NEW_FILE_MODE,
      }),
    );
}
