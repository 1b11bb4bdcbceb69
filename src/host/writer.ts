/**
 * The writing half of the door. Only apply and verify are ever handed it; an auditor sees `HostReader`, which has
 * no verb that changes a host.
 */
import type { ChangeCommand } from "./change-command.ts";
import type { HostReader, Output, Reading } from "./host.ts";

/** How a file is written. */
export interface WriteSettings {
  /** Permission bits of a file that was not there. One that was keeps its mode, owner and extended attributes. */
  readonly mode: number;
}

export interface ChangeSettings {
  /** Default: `CHANGE_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** What the command reads from its standard input, which no list of processes shows. Default: nothing. */
  readonly input?: string;
}

/** A lock on the host that is gone with whoever holds it, however that one ends. */
export interface Hold {
  release(): Promise<void>;
}

export interface HostWriter extends HostReader {
  /** Runs one of the listed changing commands. A missing program is `absent`; any exit code is a value. */
  change(command: ChangeCommand, settings?: ChangeSettings): Promise<Reading<Output>>;
  /**
   * Makes a file hold exactly this text: written beside it, flushed to the disk, then put in its place, so that
   * nobody ever sees half of it and a power cut leaves the old or the new one. The folder must be there. A symbolic
   * link in the way is refused.
   */
  writeFile(path: string, text: string, settings: WriteSettings): Promise<Reading<null>>;
  /** Adds text to the end of a file and flushes it to the disk. The file is made where it was not there, mode 0600. */
  appendFile(path: string, text: string): Promise<Reading<null>>;
  /**
   * Takes the lock of that path, in a file that is made where it was not there. `failed` with the detail `held` where
   * somebody has it. It is released when Portlock, its session or its connection ends.
   */
  hold(path: string): Promise<Reading<Hold>>;
}

/** How long the door waits for a changing command: a service may take its time to stop. */
export const CHANGE_TIMEOUT_MS: number = 120_000;
