import { z } from "zod";
import type { Plan } from "../plan/plan.ts";
import type { ChangeState, JournalEvent } from "./journal.ts";

const STATE: z.ZodType<ChangeState> = z.enum(["applying", "waiting", "applied", "undoing", "undone", "undo-failed"]);

const EVENT: z.ZodType<JournalEvent> = z.strictObject({
  at: z.iso.datetime(),
  what: z.enum([
    "begun",
    "armed",
    "step-begun",
    "step-done",
    "step-failed",
    "verified",
    "not-verified",
    "waiting",
    "confirmed",
    "applied",
    "undo-begun",
    "step-undone",
    "undo-step-failed",
    "undone",
    "undo-failed",
  ]),
  step: z.int().min(1).nullable(),
  detail: z.string().nullable(),
});

const path = z.looseObject({ path: z.string() });

/**
 * What is looked at again of a plan that was carried out: what it was about. The rest is handed on as it stands, so
 * that changes which another version of Portlock made can be told and taken back; nothing of it is ever carried out.
 */
const PLAN = z.looseObject({
  schema: z.literal("portlock.plan/1"),
  tool: z.looseObject({ version: z.string() }),
  host: z.looseObject({ name: z.string() }),
  madeAt: z.iso.datetime(),
  steps: z.array(
    z.looseObject({
      kind: z.string(),
      target: z.string(),
      server: z.string().nullable(),
      folders: z.array(z.string()),
      files: z.array(path),
      modes: z.array(path),
    }),
  ),
});

/** The state a text holds; null where it holds none. */
export function parseState(text: string): ChangeState | null {
  return STATE.safeParse(text.trim()).data ?? null;
}

/** The plan a text holds; null where it holds none. Never throws. */
export function parsePlan(text: string): Plan | null {
  const plan = z.custom<Plan>((value) => PLAN.safeParse(value).success);
  return plan.safeParse(toValue(text)).data ?? null;
}

/**
 * The lines of a journal; null where one of them is none. A power cut may leave the last line without its end, and
 * what came after a reboot stands on a line of its own: halves are left out.
 */
export function parseEvents(text: string): readonly JournalEvent[] | null {
  const events: JournalEvent[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const value = toValue(line);
    if (value === undefined && !line.endsWith("}")) continue;
    const event = EVENT.safeParse(value);
    if (!event.success) return null;
    events.push(event.data);
  }
  return events;
}

/** Undefined for a text that is no JSON. */
function toValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
