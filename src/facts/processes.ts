import type { Reading } from "../host/host.ts";

/** A process that holds a listening socket, or looks like a model server. */
export interface Process {
  readonly pid: number;
  readonly parentPid: number | null;
  /** The kernel's short name (comm). */
  readonly name: string;
  /** Target of /proc/PID/exe, or null where it may not be read. */
  readonly executable: string | null;
  /** Command line; values that follow a credential's flag are dropped. */
  readonly arguments: readonly string[];
  readonly uid: number | null;
  /** Account name, or the uid as text where passwd(5) has no such account. */
  readonly user: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly namespace: string | null;
  /** What started it, read from its control group. */
  readonly cgroup: ControlGroup | null;
  /** Settings in its environment as it runs now: only the names a model server declares, never others. */
  readonly environment: Reading<Readonly<Record<string, string>>>;
}

/** The control group in the words of its manager. */
export type ControlGroup =
  | { readonly kind: "system-unit"; readonly unit: string }
  | { readonly kind: "user-unit"; readonly unit: string; readonly uid: number }
  | { readonly kind: "session"; readonly uid: number | null }
  | { readonly kind: "container"; readonly engine: "docker" | "podman" | "other"; readonly id: string }
  | { readonly kind: "other"; readonly path: string };
