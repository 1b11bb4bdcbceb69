import type { IncomingMessage, ServerResponse } from "node:http";
import type { ModelStore } from "./models.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Settings } from "./options.ts";

/** One request being answered, with what the stand-in is made of. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Parts of the path that a route names with a colon. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  readonly settings: Settings;
  readonly store: ModelStore;
  readonly scheduler: Scheduler;
  /** The address a real server would send its owner to for signing in. */
  readonly signinUrl: string;
}

/** Answers one route. What it throws as a Refusal becomes the answer. */
export type Handler = (exchange: Exchange) => Promise<void> | void;
