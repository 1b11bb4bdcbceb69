import type { ServerKindId } from "../servers/server-kind.ts";
import type { Route } from "./route.ts";

/** What a server comes to. */
export type ServerVerdict = "exposed" | "guarded" | "local" | "unknown";

/** A process that serves models, with every way to it. */
export interface Server {
  /** Kind and number, for example `ollama-1`; stable within one report. */
  readonly id: string;
  readonly kind: ServerKindId;
  readonly version: string | null;
  readonly verdict: ServerVerdict;
  readonly runBy: RunBy;
  /** Null where the process could not be seen, as without root. */
  readonly process: { readonly pid: number; readonly user: string | null; readonly startedAt: string | null } | null;
  readonly listeners: readonly {
    readonly address: string;
    readonly port: number;
    readonly dualStack: boolean | null;
  }[];
  readonly settings: readonly Setting[];
  readonly routes: readonly Route[];
}

export type RunBy =
  | { readonly kind: "systemd"; readonly unit: string; readonly scope: "system" }
  /** By the manager of one user's own services; `uid` is that user's. */
  | { readonly kind: "systemd"; readonly unit: string; readonly scope: "user"; readonly uid: number }
  | { readonly kind: "docker" | "podman"; readonly container: string; readonly image: string }
  | { readonly kind: "process"; readonly startedFrom: "session" | "unknown" }
  | { readonly kind: "unknown" };

/** A setting: what the process really has, and every place that claims something about it. */
export interface Setting {
  readonly name: string;
  /** Value in the running process; null where it is unset, or not known (see `effectiveKnown`). */
  readonly effective: string | null;
  readonly effectiveKnown: boolean;
  /** For a listen address: the socket this value comes to by the server's own rules, else null. */
  readonly listensOn: string | null;
  readonly declared: readonly Declaration[];
}

export interface Declaration {
  readonly value: string;
  readonly file: string;
  readonly line: number | null;
  /** Whether this value is the one the process has because of this line. Null: could not be told. */
  readonly reaches: boolean | null;
  readonly why: DeclarationReason;
}

/** Why a declared value reaches the process or does not. */
export type DeclarationReason =
  | "in-effect"
  | "not-read-by-system-services"
  | "shell-only"
  | "user-services-only"
  | "no-unit-names-this-file"
  | "not-exported"
  | "daemon-reload-missing"
  | "restart-missing"
  | "outside-service-section"
  | "curly-quotes"
  | "unbalanced-quotes"
  | "unknown-escape" // systemd throws the line away from an unknown escape on
  | "export-not-understood" // `export A=b` in a file that systemd reads
  | "overridden-later"
  | "overridden-by-environment-file"
  | "overridden-by-command" // the unit's ExecStart= or the image's entry point sets its own value
  | "server-started-otherwise"
  | "container-has-its-own"
  | "effective-unread"
  | "cannot-tell"; // the process has another value, or the same one from elsewhere, and nothing says why
