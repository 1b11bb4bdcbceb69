import type { Tokens } from "../serve/token-meter.ts";

/** How a request ended. `left`: the client went before its answer was whole; `broken`: the upstream did. */
export type Ending = "whole" | "refused" | "left" | "broken";

/** What is kept of one request: no prompt, no answer, no secret, no query string. */
export interface Served {
  readonly id: string;
  /** Milliseconds since 1970 when its head had come. */
  readonly at: number;
  readonly peer: string;
  readonly method: string;
  /** Id of its route; null where none was found. */
  readonly route: string | null;
  readonly keyId: string | null;
  /** As it was asked for and allowed; null where none is named. */
  readonly model: string | null;
  /** 0 where none was sent. */
  readonly status: number;
  /** Why it was refused or broke; null where it was served. */
  readonly code: string | null;
  readonly ending: Ending;
  /** Null where the answer did not tell them. */
  readonly tokens: Tokens | null;
  /** Takes a turn of the model server. */
  readonly occupiesModel: boolean;
  readonly waitedMs: number;
  /** From its head to the first byte of the answer; null where none came. */
  readonly firstByteMs: number | null;
  readonly totalMs: number;
  readonly bodyBytes: number;
  readonly answerBytes: number;
}

/** Somebody who is told of every request when it has ended; must neither throw nor wait. */
export type Witness = (served: Served) => void;
