import assert from "node:assert/strict";
import type { ChangeCommand } from "../src/host/change-command.ts";
import { applyEdit, type FileText } from "../src/plan/file-edit.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { Host } from "./host.ts";
import { readText } from "./plan-host.ts";

async function putText(host: Host, path: string, text: FileText): Promise<void> {
  if (text === null) await host.run(["rm", "-f", "--", path]);
  else await host.write(path, text);
}

async function runAll(host: Host, commands: readonly ChangeCommand[]): Promise<void> {
  for (const command of commands) await host.run([...command]);
}

/** Does every step; returns what takes it all back. */
export async function carryOut(host: Host, { steps }: Plan): Promise<() => Promise<void>> {
  const before = new Map<string, FileText>();
  for (const step of steps) {
    for (const { path, edit } of step.files) {
      const text = await readText(host, path);
      if (!before.has(path)) before.set(path, text);
      const edited = applyEdit(text, edit);
      assert.ok(edited.ok, `${path} is another file`);
      await putText(host, path, edited.text);
    }
    await runAll(host, step.commands);
  }
  return async () => {
    for (const step of steps.toReversed()) {
      await runAll(host, step.undo.before);
      for (const { path } of step.files) await putText(host, path, before.get(path) ?? null);
      await runAll(host, step.undo.after);
    }
    for (const [path, text] of before) assert.equal(await readText(host, path), text, path);
  };
}
