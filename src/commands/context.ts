import type { CommandContext } from "@stricli/core";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Endpoint } from "../host/resolve-url.ts";
import type { AllWords } from "./language.ts";

/** A stream a command writes to, and what is known about who reads it. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; null where it is none. */
  readonly columns: number | null;
}

export type EndSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Everything from outside that a command may use; tests hand in their own. */
export interface Context {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** What runs now: a Node.js, and the file that it began with; both absolute, without links. */
  readonly program: { readonly node: string; readonly main: string };
  now(): Date;
  /** Opens the door to a host: `localhost` or `ssh://user@host`; rejects with a HostError for any other text. */
  openHost(target: string): Promise<HostReader>;
  /** Opens the door to a host for a command that changes something there; rejects as `openHost` does. */
  openWriter(target: string): Promise<HostWriter>;
  /** The addresses behind a URL or a host as a user writes them; rejects with a HostError where there are none. */
  resolveUrl(text: string): Promise<readonly Endpoint[]>;
  /** Keeps what is to be said where a signal ends Portlock; null: nothing. */
  onStop(text: string | null): void;
  /** Hears the signals that would end Portlock, from now on, for a command that ends in its own time; null: nobody. */
  onSignal(hear: ((signal: EndSignal) => void) | null): void;
  /** True where somebody sits at a terminal and can answer a question. */
  readonly canAsk: boolean;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
}

/** What a command is handed: the outside, and the words of the language that was asked for. */
export interface Session extends Context {
  readonly words: AllWords;
}

/** The context as the argument parser wants it. */
export interface ParserContext extends CommandContext {
  readonly session: Session;
  /** Told once, when a command has come to its end. */
  finish(code: number): void;
}
