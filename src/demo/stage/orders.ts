import { z } from "zod";
import type { Language } from "../../report/words/words.ts";

/** What the guided run asks of its stage: one line of JSON each way, in turn. */

export type Order =
  | { readonly do: "serve"; readonly host: string }
  | { readonly do: "visit" }
  | { readonly do: "record" }
  /** Puts the gateway before the server, with one key for inference and reading; it speaks that language. */
  | { readonly do: "guard"; readonly language: Language }
  | { readonly do: "ask"; readonly what: Wish; readonly withKey: boolean };

/** What the stranger wants of the gateway. */
export type Wish = "list" | "chat" | "delete";

/** What the stage answers; `ready` comes once, unasked, when everything stands. */
export type Answer =
  | { readonly kind: "ready"; readonly server: string; readonly stranger: string; readonly port: number }
  | { readonly kind: "serving"; readonly line: string }
  | { readonly kind: "guarding"; readonly line: string; readonly port: number }
  | ({ readonly kind: "visited" } & Outcome)
  | { readonly kind: "recorded"; readonly recording: string }
  | { readonly kind: "failed"; readonly detail: string };

/** How a stranger fared: `answered` with a status and a body, or the reason there was no answer. */
export interface Outcome {
  readonly outcome: string;
  readonly status: number | null;
  readonly body: string;
  /** In how many pieces the body came. */
  readonly pieces: number;
}

const OutcomeShape: z.ZodObject<{
  outcome: z.ZodString;
  status: z.ZodNullable<z.ZodNumber>;
  body: z.ZodString;
  pieces: z.ZodNumber;
}> = z.object({ outcome: z.string(), status: z.nullable(z.number()), body: z.string(), pieces: z.number() });

const OrderShape: z.ZodType<Order> = z.discriminatedUnion("do", [
  z.object({ do: z.literal("serve"), host: z.string() }),
  z.object({ do: z.literal("visit") }),
  z.object({ do: z.literal("record") }),
  z.object({ do: z.literal("guard"), language: z.enum(["en", "zh-CN"]) }),
  z.object({ do: z.literal("ask"), what: z.enum(["list", "chat", "delete"]), withKey: z.boolean() }),
]);

const AnswerShape: z.ZodType<Answer> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), server: z.string(), stranger: z.string(), port: z.number() }),
  z.object({ kind: z.literal("serving"), line: z.string() }),
  z.object({ kind: z.literal("guarding"), line: z.string(), port: z.number() }),
  OutcomeShape.extend({ kind: z.literal("visited") }),
  z.object({ kind: z.literal("recorded"), recording: z.string() }),
  z.object({ kind: z.literal("failed"), detail: z.string() }),
]);

export function parseOrder(line: string): Order {
  return OrderShape.parse(JSON.parse(line));
}

export function parseAnswer(line: string): Answer {
  return AnswerShape.parse(JSON.parse(line));
}

/** Reads what the visiting part printed. */
export function parseOutcome(line: string): Outcome {
  return OutcomeShape.parse(JSON.parse(line));
}

/** A step of the stage that did not work, with the words of the tool that said so. */
export class StageFailure extends Error {
  override readonly name: string = "StageFailure";
}
