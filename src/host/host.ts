/**
 * The door to a machine. Everything Portlock knows about a host comes through these verbs, whether the
 * host is this one (local.ts) or one behind SSH (ssh.ts). The door knows no model server and no rule.
 */
import type { ReadCommand } from "./read-command.ts";

/** Why something could not be read. `absent` means it was looked for and is not there. */
export type Why = "absent" | "denied" | "timeout" | "unparsed" | "too-large" | "failed";

/**
 * One answer of the door: a value, or the reason there is none. `from` names the source in the words of
 * an administrator: a path, or the command line that was run.
 */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly from: string }
  | { readonly ok: false; readonly why: Why; readonly from: string; readonly detail?: string };

/** What a command left behind. Texts are UTF-8 with invalid bytes replaced, and are hostile. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Ownership and mode of a file, as `stat` sees it after following symbolic links. */
export interface FileStatus {
  readonly kind: "file" | "directory" | "socket" | "other";
  /** Permission bits only, for example 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly modifiedAt: string;
}

/** One symbolic link found by a pattern. */
export interface Link {
  readonly path: string;
  readonly target: string;
}

/** A request a stranger could make: it reads, it never changes anything. */
export interface ReadRequest {
  readonly method: "GET" | "HEAD";
  /** Numeric IPv4 or IPv6 address, without brackets; an IPv6 link-local address carries its %zone. */
  readonly address: string;
  readonly port: number;
  /** Origin form, beginning with a slash. */
  readonly path: string;
  /** Speak TLS first; certificates are looked at, never trusted. */
  readonly tls?: boolean;
  /** Replaces the Host header, to try a foreign one. Default: address and port. */
  readonly hostHeader?: string;
  /** Name sent in the TLS handshake. Default: the name in `hostHeader`. */
  readonly serverName?: string;
  /** Sends an Origin header. Default: none. */
  readonly origin?: string;
  /** Sends an Authorization header, which is in no log and no process list. Default: none. */
  readonly authorization?: string;
  /** How long the server may take for all of it, connecting included. Default: `REQUEST_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/** What came back, capped. Header names are lower case; of repeated headers the first is kept. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most `BODY_LIMIT_BYTES` of the body, UTF-8 with invalid bytes replaced. */
  readonly body: string;
  readonly truncated: boolean;
}

/** Why a request got no HTTP answer. */
export type NoAnswer = "refused" | "timeout" | "unroutable" | "not-http" | "tls-failed" | "closed" | "not-possible";

/** The outcome of one request. `not-possible` means the door itself could not try (says `detail`). */
export type RequestOutcome =
  | { readonly kind: "answered"; readonly answer: HttpAnswer }
  | { readonly kind: NoAnswer; readonly detail?: string };

/** The reading half of the door: all an auditor is ever handed. It has no verb that changes a host. */
export interface HostReader {
  /** How the user named this host: `localhost` or `ssh://user@host`. */
  readonly target: string;
  /**
   * What an answer takes to come through this door besides what the listener takes, in milliseconds, as far as it
   * has been seen: the way to another host and back, and the wait for a busy processor. The door waits that much
   * longer for a request.
   */
  readonly lagMs: number;
  /** A file's text. Default cap: 1 MiB; a longer file is `too-large`. */
  readFile(path: string, maxBytes?: number): Promise<Reading<string>>;
  /** The names in a directory, sorted, without `.` and `..`. */
  listDirectory(path: string): Promise<Reading<readonly string[]>>;
  /**
   * Every symbolic link whose path matches an absolute pattern in which a level `*` stands for any name that
   * does not begin with a dot. Links that vanish meanwhile are left out; links and directories that may not
   * be read are counted in `denied`.
   */
  readLinks(pattern: string): Promise<Reading<{ readonly links: readonly Link[]; readonly denied: number }>>;
  stat(path: string): Promise<Reading<FileStatus>>;
  /** Runs one of the listed reading commands. A missing program is `absent`; any exit code is a value. */
  run(command: ReadCommand): Promise<Reading<Output>>;
  /** One HTTP request made from that host, without redirects, proxies or cookies. */
  request(request: ReadRequest): Promise<RequestOutcome>;
  /** Ends sessions and child processes. Safe to call twice. */
  close(): Promise<void>;
}

/** Largest body the door keeps of an HTTP answer. */
export const BODY_LIMIT_BYTES: number = 64 * 1024;
/** How long the door waits for a whole HTTP exchange. */
export const REQUEST_TIMEOUT_MS: number = 2_000;
/** A door that lags more than this is not waited for. */
export const LONGEST_LAG_MS: number = 2_000;
/** How long the door waits for a command or a file. */
export const READ_TIMEOUT_MS: number = 10_000;
/** Largest output the door keeps of a command. */
export const OUTPUT_LIMIT_BYTES: number = 16 * 1024 * 1024;
/** Largest file the door reads unless told otherwise. */
export const FILE_LIMIT_BYTES: number = 1024 * 1024;
