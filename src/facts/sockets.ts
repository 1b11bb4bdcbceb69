import type { Evidence } from "./evidence.ts";

/** A listening TCP socket. */
export interface Listener {
  /** Network namespace, for example `net:[4026531840]`; null where it could not be read. */
  readonly namespace: string | null;
  /** Numeric address without brackets; `0.0.0.0` and `::` are the wildcards. IPv4-mapped ones are unwrapped. */
  readonly address: string;
  readonly port: number;
  /** For `::`: whether IPv4 is accepted too. Null where only a connection can tell; false for others. */
  readonly dualStack: boolean | null;
  /** Interface the socket is bound to by SO_BINDTODEVICE, else null. */
  readonly device: string | null;
  /** Socket inode, the key that joins sockets and processes; null where it could not be read. */
  readonly inode: number | null;
  readonly uid: number | null;
  /** Processes that hold the socket. Empty where that could not be seen: without root, others' are hidden. */
  readonly pids: readonly number[];
  readonly evidence: Evidence;
}
