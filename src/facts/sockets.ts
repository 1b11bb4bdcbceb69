import type { Why } from "../host/host.ts";
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

/** What may listen on this host although no listener tells of it. */
export interface Unseen {
  /**
   * Processes whose network namespace could not be read: each may listen in one of its own. Null: the
   * processes of others are hidden (`hidepid`), so that they could not even be counted.
   */
  readonly processes: number | null;
  /** Network namespaces that are known and whose sockets could not be read. */
  readonly namespaces: readonly UnseenNamespace[];
  /** Holders of listening sockets that were not read, because there were too many. */
  readonly holders: number;
}

export interface UnseenNamespace {
  readonly namespace: string;
  readonly why: Why;
  readonly from: string;
  readonly detail?: string;
}
