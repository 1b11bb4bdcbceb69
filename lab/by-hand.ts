import assert from "node:assert/strict";
import type { Facts } from "../src/facts/facts.ts";
import { parseRecording } from "../src/facts/recording.ts";
import type { ChangeCommand } from "../src/host/change-command.ts";
import { judge } from "../src/judge/judge.ts";
import { DEFAULT_CHOICES, type Choices } from "../src/plan/choices.ts";
import { applyEdit, type FileText } from "../src/plan/file-edit.ts";
import { foretellFirewall, planFirewall } from "../src/plan/firewall.ts";
import type { Operator, PlannedSteps } from "../src/plan/plan-input.ts";
import type { Step } from "../src/plan/plan.ts";
import type { Judgement } from "../src/report/report.ts";
import type { Host } from "./host.ts";

/** Reads the host as `portlock record` does. */
export async function readFacts(host: Host): Promise<Facts> {
  const parsed = parseRecording(await host.record());
  assert.ok(parsed.ok);
  return parsed.recording.facts;
}

/** What is planned, and what the host comes to by it. */
export interface PlannedOn {
  readonly planned: PlannedSteps;
  readonly foretold: Judgement;
}

/** Plans on a real host, with the files that the plan asks for. */
export async function planOn(
  host: Host,
  facts: Facts,
  choices: Partial<Choices>,
  operators: readonly Operator[] = [],
): Promise<PlannedOn> {
  const judgement = judge(facts);
  const texts = new Map<string, FileText>();
  for (let round = 0; round < 3; round += 1) {
    const all = { ...DEFAULT_CHOICES, firewall: "auto" as const, ...choices };
    const input = { facts, judgement, choices: all, texts, inspected: new Map(), operators };
    const planned = planFirewall(input);
    const foretold = foretellFirewall(input)?.judgement ?? judgement;
    if (planned.kind !== "needs-files") return { planned, foretold };
    for (const path of planned.paths) texts.set(path, await readText(host, path));
  }
  throw new Error("lab: the plan asks for files again and again");
}

async function readText(host: Host, path: string): Promise<FileText> {
  const { exitCode, stdout } = await host.attempt(["cat", path]);
  return exitCode === 0 ? stdout : null;
}

/** Everything that the steps touch, before they do: by path, where copies of it lie. */
export type Kept = ReadonlyMap<string, string>;

/** Does what the steps list, one after the other, as an administrator would with a plan in hand. */
export async function doByHand(host: Host, steps: readonly Step[]): Promise<Kept> {
  const kept = new Map<string, string>();
  for (const step of steps) {
    for (const path of [...(step.keeps ?? []), ...step.files.map((file) => file.path)]) {
      if (!kept.has(path)) kept.set(path, await keep(host, path, kept.size));
    }
    for (const folder of step.folders) await host.run(["mkdir", "-p", "-m", "0755", "--", folder]);
    for (const { path, edit } of step.files) {
      const edited = applyEdit(await readText(host, path), edit);
      assert.ok(edited.ok && edited.text !== null && edit.kind === "write");
      await host.write(path, edited.text, edit.mode);
    }
    await runAll(host, step.commands);
  }
  return kept;
}

async function keep(host: Host, path: string, number: number): Promise<string> {
  const copy = `/var/tmp/kept-${number}`;
  await host.run(["rm", "-rf", "--", copy]);
  await host.attempt(["cp", "-a", "--", path, copy]);
  return copy;
}

/** Takes the steps back, the last first. */
export async function undoByHand(host: Host, steps: readonly Step[], kept: Kept): Promise<void> {
  for (const step of steps.toReversed()) {
    await runAll(host, step.undo.before);
    for (const path of [...(step.keeps ?? []), ...step.files.map((file) => file.path)]) {
      const copy = kept.get(path) ?? "";
      const was = (await host.attempt(["stat", "--", copy])).exitCode === 0;
      await host.run(was ? ["cp", "-a", "--", copy, path] : ["rm", "-f", "--", path]);
    }
    for (const folder of step.folders.toReversed()) await host.attempt(["rmdir", "--", folder]);
    await runAll(host, step.undo.after);
  }
}

async function runAll(host: Host, commands: readonly ChangeCommand[]): Promise<void> {
  for (const command of commands) await host.run(command);
}
