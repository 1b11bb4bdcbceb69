import type { FileStatus, Reading } from "../host/host.ts";

/** Ownership and mode of a path that belongs to a server: its key, its model folder, its home. */
export interface ServerFile {
  /** Pid of the server it belongs to. */
  readonly pid: number;
  readonly role: string;
  readonly path: string;
  readonly status: Reading<FileStatus>;
}
