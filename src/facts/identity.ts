/** Which machine this is and with which rights it was read. */
export interface Identity {
  readonly hostname: string;
  /** PRETTY_NAME of os-release(5), or null where the file has none. */
  readonly os: string | null;
  /** Kernel release, for example `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** ISO 8601, UTC; from `btime` of proc_stat(5). */
  readonly bootedAt: string | null;
  /** User the reader ran as; 0 is root. */
  readonly readerUid: number;
  /** Network namespace of the reader, for example `net:[4026531840]`. */
  readonly namespace: string | null;
  /** True where the unified cgroup hierarchy holds the services: the systemd IP filter needs it. */
  readonly unifiedCgroups: boolean | null;
  /** Accounts by uid, from passwd(5): name and home directory only. */
  readonly accounts: readonly Account[];
}

export interface Account {
  readonly uid: number;
  readonly name: string;
  readonly home: string;
}
