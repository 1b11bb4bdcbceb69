import type { InspectedContainer } from "../../facts/container-inspection.ts";
import type { Facts } from "../../facts/facts.ts";
import type { UnitLine } from "../../facts/units.ts";
import type { Reading } from "../../host/host.ts";
import { judge } from "../../judge/judge.ts";
import { aHost, read, type AHost, type OllamaOptions } from "../../judge/testing/a-host.ts";
import { DEFAULT_CHOICES, type Choices } from "../choices.ts";
import { applyEdit, type FileText } from "../file-edit.ts";
import { makePlan } from "../make-plan.ts";
import type { PlanInput } from "../plan-input.ts";
import type { Plan, Planned } from "../plan.ts";

export type Files = Readonly<Record<string, string>>;

/** Containers as their engines describe them, by their ids; what is asked of any other is not told. */
export type Inspected = PlanInput["inspected"];

/** A plan for these facts; files that it asks for are read from `files`, and are not there otherwise. */
export function planWith(
  facts: Facts,
  choices: Partial<Choices> = {},
  files: Files = {},
  told: Inspected = new Map(),
): Planned {
  const texts = new Map<string, FileText>();
  const inspected = new Map<string, Reading<InspectedContainer>>();
  const judgement = judge(facts);
  for (let round = 0; round < 8; round += 1) {
    const all = { ...DEFAULT_CHOICES, ...choices };
    const input = { facts, judgement, choices: all, texts, inspected, operators: [] };
    const planned = makePlan(input, { version: "0.0.0", madeAt: "2026-11-22T10:00:00.000Z" });
    if (planned.kind === "plan" || planned.kind === "refused") return planned;
    if (planned.kind === "needs-files") for (const path of planned.paths) texts.set(path, files[path] ?? null);
    else for (const { id } of planned.containers) inspected.set(id, told.get(id) ?? UNTOLD);
  }
  throw new Error("it asks for files without end");
}

const UNTOLD: Reading<InspectedContainer> = { ok: false, why: "failed", from: "docker inspect" };

/** The same where a plan is expected. */
export function planOf(
  facts: Facts,
  choices: Partial<Choices> = {},
  files: Files = {},
  told: Inspected = new Map(),
): Plan {
  const planned = planWith(facts, choices, files, told);
  if (planned.kind !== "plan") throw new Error(`no plan: ${JSON.stringify(planned)}`);
  return planned.plan;
}

/** The files of a host as a plan leaves them, those that it does not touch left out. */
export function filesAfter({ steps }: Plan, files: Files = {}): Readonly<Record<string, FileText>> {
  const after = new Map<string, FileText>();
  for (const { path, edit } of steps.flatMap((step) => step.files)) {
    const edited = applyEdit(after.get(path) ?? files[path] ?? null, edit);
    if (!edited.ok) throw new Error(`${path} is another file`);
    after.set(path, edited.text);
  }
  return Object.fromEntries(after);
}

/** An Ollama open to everybody, as its installer sets it up, with these lines in the files of its unit. */
export function anOllama(
  files: Readonly<Record<string, readonly Partial<UnitLine>[]>> = {},
  more: OllamaOptions & { readonly address?: string; readonly effective?: string } = {},
): AHost {
  const { address = "::", effective = "0.0.0.0", ...options } = more;
  const pid = options.pid ?? 812;
  const environment = read({ OLLAMA_HOST: effective }, `/proc/${pid}/environ`);
  const host = aHost().ollama(address, { ...options, process: { environment, ...options.process } });
  const units = host.facts.units;
  if (!units.ok) return host;
  const unitFiles = Object.entries({ "/etc/systemd/system/ollama.service": [START], ...files }).map(([path, lines]) =>
    read({ path, modifiedAt: "2026-11-01T00:00:00.000Z", lines: lines.map(toLine) }, path),
  );
  const accounts = [{ uid: 998, name: "ollama", home: "/usr/share/ollama" }];
  const { identity } = host.facts;
  return host.with({
    units: read(
      units.value.map((unit) => ({ ...unit, files: unitFiles })),
      "systemctl show",
    ),
    ...(identity.ok ? { identity: read({ ...identity.value, accounts }, identity.from) } : {}),
  });
}

const START: Partial<UnitLine> = { key: "ExecStart", value: "/usr/local/bin/ollama" };

/** A line of `[Service]` that sets OLLAMA_HOST. */
export function sets(value: string, line: number = 2): Partial<UnitLine> {
  return {
    line,
    key: "Environment",
    value: `"OLLAMA_HOST=${value}"`,
    assignments: [{ name: "OLLAMA_HOST", value, taken: true, behindComment: false }],
  };
}

function toLine(line: Partial<UnitLine>): UnitLine {
  const full = {
    line: 2,
    section: "Service",
    key: "Environment",
    assignments: [],
    ignoredWords: [],
    fault: null,
    value: "",
    text: "",
  };
  return { ...full, ...line };
}

/** Replaces something about the one unit. */
export function withUnit(host: AHost, change: object, loaded: object = {}): AHost {
  const { units } = host.facts;
  if (!units.ok) return host;
  const value = units.value.map((unit) => ({
    ...unit,
    ...(unit.loaded.ok ? { loaded: read({ ...unit.loaded.value, ...loaded }, unit.loaded.from) } : {}),
    ...change,
  }));
  return host.with({ units: read(value, "systemctl show") });
}

export function withEnvironmentFile(host: AHost, path: string, value: string, unit: string | null): AHost {
  const file: Facts["environmentFiles"][number] = {
    path,
    kind: unit === null ? "pam" : "unit",
    uid: null,
    unit: unit === null ? null : { name: unit, scope: "system", loaded: true },
    modifiedAt: null,
    assignments: read(
      [{ name: "OLLAMA_HOST", value, line: 1, exported: true, understood: true, text: `OLLAMA_HOST=${value}` }],
      path,
    ),
  };
  return host.with({ environmentFiles: [...host.facts.environmentFiles, file] });
}
