import type { Reading } from "../host/host.ts";

/** Who reads a file that can declare a setting. */
export type EnvironmentFileKind =
  | "pam" // /etc/environment, /etc/security/pam_env.conf: read at login, not by system services
  | "environment.d" // environment.d(5): read by user managers only
  | "shell" // profiles and rc files: read by shells
  | "defaults" // /etc/default/NAME, /etc/sysconfig/NAME: read only where a unit names them
  | "manager" // system.conf.d DefaultEnvironment=: read by PID 1 for every service
  | "unit"; // named by EnvironmentFile= of a unit

/** A file in which people declare settings for the environment, with the assignments of known names. */
export interface EnvironmentFile {
  readonly path: string;
  readonly kind: EnvironmentFileKind;
  /** The account whose own file it is; null for a file that is everybody's. */
  readonly uid: number | null;
  readonly modifiedAt: string | null;
  readonly assignments: Reading<readonly EnvironmentAssignment[]>;
}

export interface EnvironmentAssignment {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** For shell files: whether this line or a later one exports it. Elsewhere true. */
  readonly exported: boolean;
  /**
   * False where the file's reader throws the line away: `export A=b` in a file that systemd reads makes a
   * variable called `export A`.
   */
  readonly understood: boolean;
  /** The assignment as written, other words of the line left out. */
  readonly text: string;
}
