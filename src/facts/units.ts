import type { Reading } from "../host/host.ts";

/** A service unit of systemd, as loaded and as its files declare it. */
export interface Unit {
  readonly name: string;
  readonly scope: "system" | "user";
  /** Whose user manager runs it; null for a system unit. */
  readonly uid: number | null;
  readonly loaded: Reading<LoadedUnit>;
  /** The main file first, then the drop-ins in the order systemd applies them (by file name). */
  readonly files: readonly Reading<UnitFile>[];
}

/** `systemctl show`: what the manager will use at the next start. */
export interface LoadedUnit {
  readonly activeState: string;
  readonly mainPid: number | null;
  /** True: a file changed after the manager read it, and daemon-reload is missing. */
  readonly needsDaemonReload: boolean;
  readonly mainFile: string | null;
  readonly dropIns: readonly string[];
  /** Declared settings only, later assignments already applied; the names a model server declares. */
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly { readonly path: string; readonly optional: boolean }[];
  readonly user: string | null;
  readonly enabled: string | null;
  /** ISO 8601, UTC: when the running main process was started. */
  readonly startedAt: string | null;
  readonly ipAddressDeny: readonly string[];
  readonly ipAddressAllow: readonly string[];
}

export interface UnitFile {
  readonly path: string;
  readonly modifiedAt: string | null;
  /** Lines that bear on a setting, in order; other lines are not kept. */
  readonly lines: readonly UnitLine[];
}

/** One logical line (continuations joined) with what systemd makes of it. */
export interface UnitLine {
  readonly line: number;
  /** Section it stands in, without brackets; null before the first one. */
  readonly section: string | null;
  readonly key: string;
  /**
   * What an `Environment=` line assigns, or the command of an `ExecStart=` line by itself (`env A=b ...`): the
   * wanted names only. An `Environment=` line with an empty `value` is a reset.
   */
  readonly assignments: readonly UnitAssignment[];
  /** Words systemd throws away, in order ("#", "note"); none of a line that also sets unknown names. */
  readonly ignoredWords: readonly string[];
  /** What is wrong with the line, if anything. */
  readonly fault:
    | "outside-section"
    | "unknown-section"
    | "curly-quotes"
    | "unbalanced-quotes"
    | "unknown-escape"
    | "trailing-comment"
    | null;
  /**
   * EnvironmentFile=: the path, with a leading `-` where a missing file is fine. User=, PAMName=, IPAddress...=:
   * the value. PassEnvironment=, UnsetEnvironment=: the wanted words. ExecStart=: the program. Environment=: what
   * stands in `text` behind the key.
   */
  readonly value: string;
  /** The text as written, values of undeclared names dropped. */
  readonly text: string;
}

export interface UnitAssignment {
  readonly name: string;
  /** After quotes, escapes and `%%`; other specifiers (`%h`) stand as written. */
  readonly value: string;
  /** False where systemd throws it away; the line's `fault` says why. */
  readonly taken: boolean;
  /** True where it stands behind a word like `#`: its author took it for a comment, systemd does not. */
  readonly behindComment: boolean;
}
