import type { RuleId } from "../judge/finding.ts";
import type { Server } from "../judge/server.ts";
import type { LeaveReason, Refusal } from "./plan.ts";
import type { PlanInput, PlannedSteps } from "./plan-input.ts";

type Made = Extract<PlannedSteps, { readonly kind: "steps" }>;

/** What one part of the planner made; whatever is not named is none. */
export function toSteps(made: Partial<Omit<Made, "kind">>): Made {
  return { kind: "steps", steps: [], interruptions: [], leaves: [], ...made };
}

/** A server, or a finding about it, that is left as it is. */
export function leave(server: Server, why: LeaveReason, rule: RuleId | null = null): Made {
  return toSteps({ leaves: [{ server: server.id, rule, why }] });
}

export function refuse(refusal: Refusal): PlannedSteps {
  return { kind: "refused", refusal };
}

/** Several parts as one, in their order. The first refusal counts; then all that any of them needs to be read. */
export function combine(parts: readonly PlannedSteps[]): PlannedSteps {
  const refused = parts.find(({ kind }) => kind === "refused");
  if (refused !== undefined) return refused;
  const paths = parts.flatMap((part) => (part.kind === "needs-files" ? part.paths : []));
  if (paths.length > 0) return { kind: "needs-files", paths: [...new Set(paths)] };
  const containers = parts.flatMap((part) => (part.kind === "needs-inspection" ? part.containers : []));
  if (containers.length > 0) return { kind: "needs-inspection", containers };
  const made = parts.filter((part) => part.kind === "steps");
  return toSteps({
    steps: made.flatMap(({ steps }) => steps),
    interruptions: made.flatMap(({ interruptions }) => interruptions),
    leaves: made.flatMap(({ leaves }) => leaves),
  });
}

/**
 * What stands in the way of planning with these files: those that were not read yet, or one that is no text. The door
 * replaces bytes that are no UTF-8, and a line with one in it could never be found again. Null: nothing does.
 */
export function needFiles({ texts }: Pick<PlanInput, "texts">, paths: readonly string[]): PlannedSteps | null {
  const missing = paths.filter((path) => !texts.has(path));
  if (missing.length > 0) return { kind: "needs-files", paths: missing };
  const binary = paths.find((path) => /[\uFFFD\0]/.test(texts.get(path) ?? ""));
  return binary === undefined ? null : refuse({ code: "file-not-text", path: binary });
}
