import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CHOICES } from "../src/plan/choices.ts";
import type { Plan, Step } from "../src/plan/plan.ts";
import type { ApplySettings } from "../src/apply/apply-plan.ts";

/** A step that does nothing but what is said. */
function toStep(parts: Partial<Step>): Step {
  return {
    kind: "set-unit",
    target: "ollama.service",
    server: "ollama-1",
    mends: [],
    folders: [],
    files: [],
    modes: [],
    commands: [],
    undo: { before: [], after: [] },
    expect: [],
    remarks: [],
    ...parts,
  };
}

/** A plan of these steps. */
export function toPlan(...steps: readonly Partial<Step>[]): Plan {
  return {
    schema: "portlock.plan/1",
    tool: { name: "portlock", version: "0.1.0" },
    host: { name: "gpu-1" },
    madeAt: "2026-11-28T06:00:00.000Z",
    choices: DEFAULT_CHOICES,
    verdict: "exposed",
    steps: steps.map(toStep),
    claims: [],
    interruptions: [],
    leaves: [],
    reader: { uid: 0 },
    missing: [],
  };
}

/** A host's files for one test: `tree` is what is changed, `state` is where changes are kept. */
export interface Bench {
  readonly tree: string;
  readonly state: string;
  readonly settings: (more?: Partial<ApplySettings>) => ApplySettings;
  readonly remove: () => void;
}

let changes = 0;

export function openBench(): Bench {
  const place = mkdtempSync(join(tmpdir(), "portlock-apply-"));
  const [tree, state] = [join(place, "tree"), join(place, "state")];
  mkdirSync(tree);
  chmodSync(tree, 0o755);
  return {
    tree,
    state,
    settings: (more = {}) => ({
      id: nextId(),
      confirmWithinSeconds: null,
      now: () => new Date(),
      hear: () => {},
      stateFolder: state,
      ...more,
    }),
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}

function nextId(): string {
  changes += 1;
  return `20261128T060000Z-${changes.toString(16).padStart(4, "0")}`;
}

/** Everything of a tree that an undo must give back: kinds, bytes, permissions, owners, and times of files. */
export function look(folder: string, below = ""): readonly string[] {
  const names = readdirSync(join(folder, below)).toSorted();
  return names.flatMap((name) => {
    const place = join(below, name);
    const path = join(folder, place);
    const status = lstatSync(path, { bigint: true });
    const about = `${place} ${status.mode.toString(8)} ${status.uid}:${status.gid}`;
    if (status.isSymbolicLink()) return [`${about} -> ${readlinkSync(path)}`];
    if (status.isDirectory()) return [about, ...look(folder, place)];
    return [`${about} ${status.mtimeNs} ${readFileSync(path).toString("base64")}`];
  });
}
