import assert from "node:assert/strict";
import { inspectContainer, type InspectedContainer } from "../src/facts/container-inspection.ts";
import { parseRecording } from "../src/facts/recording.ts";
import type { HostReader, Reading } from "../src/host/host.ts";
import { judge } from "../src/judge/judge.ts";
import { type Choices, DEFAULT_CHOICES } from "../src/plan/choices.ts";
import type { FileText } from "../src/plan/file-edit.ts";
import { makePlan } from "../src/plan/make-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { Host } from "./host.ts";

/** A plan, made from what is read on the host, with all that it asks for. */
export async function planHost(host: Host, choices: Partial<Choices>): Promise<Plan> {
  const parsed = parseRecording(await host.record());
  assert.ok(parsed.ok, "not a recording");
  const { facts } = parsed.recording;
  const texts = new Map<string, FileText>();
  const inspected = new Map<string, Reading<InspectedContainer>>();
  for (;;) {
    const all = { ...DEFAULT_CHOICES, ...choices };
    const input = { facts, judgement: judge(facts), choices: all, texts, inspected, operators: [] };
    const planned = makePlan(input, { version: "lab", madeAt: "" });
    if (planned.kind === "plan") return planned.plan;
    if (planned.kind === "refused") throw new Error(`lab: no plan: ${JSON.stringify(planned.refusal)}`);
    if (planned.kind === "needs-files") {
      for (const path of planned.paths) texts.set(path, await readText(host, path));
    } else {
      for (const { engine, id } of planned.containers) {
        inspected.set(id, await inspectContainer(toReader(host), engine, id));
      }
    }
  }
}

function toReader(host: Host): Pick<HostReader, "run"> {
  return {
    run: async (command) => ({ ok: true, value: await host.attempt(command), from: command.join(" ") }),
  };
}

/** Null: there is no such file. */
export async function readText(host: Host, path: string): Promise<FileText> {
  const { exitCode, stdout } = await host.attempt(["cat", path]);
  return exitCode === 0 ? stdout : null;
}
