import type { EnvironmentFileKind } from "../../facts/environment-files.ts";
import type { Unit } from "../../facts/units.ts";
import type { RuleId } from "../../judge/finding.ts";
import { isPlainPath } from "../../judge/plain-names.ts";
import type { Server } from "../../judge/server.ts";
import { agreesWith } from "../agrees-with.ts";
import { lastLineBefore } from "../continued-line.ts";
import { ETC_ENVIRONMENT } from "../etc-environment.ts";
import type { Splice } from "../file-edit.ts";
import { editLeftoverLine } from "../leftover-line.ts";
import type { ChosenServer } from "../choose-servers.ts";
import type { Step } from "../plan.ts";
import type { PlanInput, PlannedSteps } from "../plan-input.ts";
import { combine, leave, needFiles, toSteps } from "../planned-steps.ts";
import { toManager } from "../unit-manager.ts";

/** A line of a file that sets a variable, and gives it to nobody once the plan is done. */
interface Leftover {
  readonly name: string;
  readonly line: number;
}

const INERT: RuleId = "setting-without-effect";

/**
 * Takes out what earlier attempts left behind: lines that never reach the server of this unit and, where it is closed,
 * those that it reads and that say something else than it will have. Lines that agree with it stay: clients read them too. Only files
 * below /etc and of root's own are changed; what a person has in a home is that person's.
 */
export function planLeftovers(input: PlanInput, { server, closes }: ChosenServer, unit: Unit): PlannedSteps {
  const byFile = new Map<string, Leftover[]>();
  for (const { name, declared } of server.settings) {
    for (const { file, line, value, reaches } of declared) {
      const isOverridden = closes && name === "OLLAMA_HOST" && reaches === true && isReadBy(input, unit, file);
      if (line === null || isPortlocks(file) || (reaches !== false && !isOverridden)) continue;
      if (name === "OLLAMA_HOST" && agreesWith(server, value, closes)) continue;
      byFile.set(file, [...(byFile.get(file) ?? []), { name, line }]);
    }
  }
  return combine([...byFile].map(([file, leftovers]) => planFile(input, server, unit, file, leftovers)));
}

function isOfUnit(file: string, { files }: Unit): boolean {
  return files.some((each) => each.ok && each.value.path === file);
}

/** Its own files, and those it takes its environment from. */
function isReadBy({ facts }: PlanInput, unit: Unit, file: string): boolean {
  const reads = facts.environmentFiles.some(
    (each) => each.path === file && each.unit?.name === unit.name && each.unit.scope === unit.scope,
  );
  return reads || isOfUnit(file, unit);
}

function isPortlocks(file: string): boolean {
  return /\/z{2,}-portlock[a-z-]*\.conf$|^\/(?:etc|run)\/portlock\//.test(file);
}

function planFile(
  input: PlanInput,
  server: Server,
  unit: Unit,
  path: string,
  leftovers: readonly Leftover[],
): PlannedSteps {
  const kind = toKind(input, unit, path);
  if (path === ETC_ENVIRONMENT && input.choices.method === "environment") return toSteps({});
  if (kind === null || !isPlainPath(path) || !/^\/(?:etc|root)\//.test(path)) {
    return leave(server, { code: "owner-decides" }, INERT);
  }
  const needed = needFiles(input, [path]);
  if (needed !== null) return needed;
  const splices = toSplices(input.texts.get(path) ?? "", kind, leftovers);
  if (splices === null) return leave(server, { code: "owner-decides" }, INERT);
  return splices.length === 0 ? toSteps({}) : toSteps({ steps: toStep(server, unit, path, kind, splices) });
}

function toKind({ facts }: PlanInput, unit: Unit, path: string): EnvironmentFileKind | "unit-file" | null {
  if (isOfUnit(path, unit)) return "unit-file";
  return facts.environmentFiles.find((file) => file.path === path)?.kind ?? null;
}

/** Null where one of the lines has to stay. */
function toSplices(
  text: string,
  kind: EnvironmentFileKind | "unit-file",
  leftovers: readonly Leftover[],
): readonly Splice[] | null {
  const lines = text.split(/\r?\n/);
  const splices = new Map<number, Splice>();
  for (const { name, line } of leftovers) {
    const written = lines[line - 1];
    const edit = written === undefined ? null : editLeftoverLine(kind, name, written, lastLineBefore(lines, line - 1));
    if (written === undefined || edit === null) return null;
    splices.set(line, { line, removed: [written], inserted: edit });
  }
  return [...splices.values()].toSorted((one, other) => one.line - other.line);
}

/** What systemd has loaded of a unit's file has to be read again, which restarts nothing. */
function toStep(
  server: Server,
  unit: Unit,
  path: string,
  kind: EnvironmentFileKind | "unit-file",
  splices: readonly Splice[],
): Step[] {
  const manager = toManager(unit, server);
  if (manager === null) return [];
  const reload = kind === "unit-file" ? [manager.reload] : [];
  return [
    {
      kind: "remove-leftover",
      target: path,
      server: server.id,
      mends: [INERT],
      folders: [],
      files: [{ path, edit: { kind: "splice", splices } }],
      modes: [],
      commands: reload,
      undo: { before: [], after: reload },
      expect: [],
      remarks: [],
    },
  ];
}
