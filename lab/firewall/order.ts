import { z } from "zod";

/** What a worker is asked to try. */
export type Order = DrawnOrder | FactOrder;

/** One case drawn by chance. */
export interface DrawnOrder {
  readonly seed: number;
  readonly number: number;
  /** Only cases of this dialect are drawn; null: of all. */
  readonly dialect: string | null;
  /** Sources tried by each way. */
  readonly limit: number;
  /** Whether a failing case is made smaller before it is shown. */
  readonly shrink: boolean;
  /** The judge is handed rules whose sources lack their last address: it must be caught. */
  readonly sabotage: boolean;
}

/** One of known-facts.ts, by its place in the list. */
export interface FactOrder {
  readonly fact: number;
}

/** Of each attempt of a fact: what was predicted, and what happened. */
export type FactResult = readonly { readonly predicted: string; readonly happened: string }[];

/** How it came out, or why it could not be tried. */
export type Result = Tried | NotTried;

interface About {
  readonly number: number;
  readonly dialect: string;
  readonly features: readonly string[];
}

export interface Tried extends About {
  readonly connections: number;
  /** Tries that this machine cannot send. */
  readonly impossible: number;
  /** Tries whose first look was too short. */
  readonly late: number;
  readonly wrong: number;
  /** Of each way, the reasons why some of its sources stay undecidable. */
  readonly doubts: readonly (readonly string[])[];
  /** The smallest rule set that is still wrong, with what was predicted of it and what happened. */
  readonly proof?: string | undefined;
}

export interface NotTried extends About {
  readonly complaint: string;
}

const ABOUT = z.object({ number: z.number(), dialect: z.string(), features: z.array(z.string()) });
const RESULT: z.ZodType<Result> = z.union([
  ABOUT.extend({ complaint: z.string() }),
  ABOUT.extend({
    connections: z.number(),
    impossible: z.number(),
    late: z.number(),
    wrong: z.number(),
    doubts: z.array(z.array(z.string())),
    proof: z.optional(z.string()),
  }),
]);

/** Reads a worker's line; throws where it is none. */
export function parseResult(line: string): Result {
  return RESULT.parse(JSON.parse(line));
}

const FACT_RESULT: z.ZodType<FactResult> = z.array(z.object({ predicted: z.string(), happened: z.string() }));

/** Reads a worker's line about a fact; throws where it is none. */
export function parseFactResult(line: string): FactResult {
  return FACT_RESULT.parse(JSON.parse(line));
}
