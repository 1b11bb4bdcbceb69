/** What an engine keeps of how a container is to run on its host, in its own words; left out: not set. */
export interface HostSettings {
  readonly Binds?: readonly string[] | undefined;
  readonly LogConfig?: { readonly Type: string; readonly Config: TextMap } | undefined;
  readonly NetworkMode?: string | undefined;
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>> | undefined;
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount: number } | undefined;
  readonly VolumeDriver?: string | undefined;
  readonly VolumesFrom?: readonly string[] | undefined;
  readonly CapAdd?: readonly string[] | undefined;
  readonly CapDrop?: readonly string[] | undefined;
  readonly CgroupnsMode?: string | undefined;
  readonly Dns?: readonly string[] | undefined;
  readonly DnsOptions?: readonly string[] | undefined;
  readonly DnsSearch?: readonly string[] | undefined;
  readonly ExtraHosts?: readonly string[] | undefined;
  readonly GroupAdd?: readonly string[] | undefined;
  readonly IpcMode?: string | undefined;
  readonly OomScoreAdj?: number | undefined;
  readonly PidMode?: string | undefined;
  readonly Privileged?: boolean | undefined;
  readonly ReadonlyRootfs?: boolean | undefined;
  readonly SecurityOpt?: readonly string[] | undefined;
  readonly StorageOpt?: TextMap | undefined;
  readonly Tmpfs?: TextMap | undefined;
  readonly UTSMode?: string | undefined;
  readonly UsernsMode?: string | undefined;
  readonly ShmSize?: number | undefined;
  readonly Sysctls?: TextMap | undefined;
  readonly Runtime?: string | undefined;
  readonly CpuShares?: number | undefined;
  /** Bytes, as are the other sizes of memory. */
  readonly Memory?: number | undefined;
  readonly NanoCpus?: number | undefined;
  readonly CgroupParent?: string | undefined;
  readonly BlkioWeight?: number | undefined;
  readonly CpuPeriod?: number | undefined;
  readonly CpuQuota?: number | undefined;
  readonly CpuRealtimePeriod?: number | undefined;
  readonly CpuRealtimeRuntime?: number | undefined;
  readonly CpusetCpus?: string | undefined;
  readonly CpusetMems?: string | undefined;
  readonly Devices?: readonly Device[] | undefined;
  readonly DeviceCgroupRules?: readonly string[] | undefined;
  readonly DeviceRequests?: readonly DeviceRequest[] | undefined;
  readonly MemoryReservation?: number | undefined;
  readonly MemorySwap?: number | undefined;
  readonly MemorySwappiness?: number | undefined;
  readonly OomKillDisable?: boolean | undefined;
  readonly PidsLimit?: number | undefined;
  readonly Ulimits?: readonly { readonly Name: string; readonly Hard: number; readonly Soft: number }[] | undefined;
  readonly Mounts?: readonly MountSetting[] | undefined;
  readonly MaskedPaths?: readonly string[] | undefined;
  readonly ReadonlyPaths?: readonly string[] | undefined;
  readonly Init?: boolean | undefined;
}

export type TextMap = Readonly<Record<string, string>>;

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

export interface Device {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface DeviceRequest {
  readonly Driver: string;
  readonly Count: number;
  readonly DeviceIDs: readonly string[];
  readonly Capabilities: readonly (readonly string[])[];
}

/** What was asked for with `--mount`. */
export interface MountSetting {
  readonly Type: "bind" | "volume" | "tmpfs";
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
}

/** What an engine keeps of the process in a container, or that an image says of it; left out: not set. */
export interface ProcessSettings {
  readonly Hostname?: string | undefined;
  readonly Domainname?: string | undefined;
  readonly User?: string | undefined;
  readonly Tty?: boolean | undefined;
  readonly OpenStdin?: boolean | undefined;
  readonly Cmd?: readonly string[] | undefined;
  readonly Healthcheck?: Healthcheck | undefined;
  readonly Image?: string | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Entrypoint?: readonly string[] | undefined;
  readonly StopSignal?: string | undefined;
  readonly StopTimeout?: number | undefined;
  readonly MacAddress?: string | undefined;
}

/** Times in nanoseconds; 0: not set. */
export interface Healthcheck {
  readonly Test: readonly string[];
  readonly Interval: number;
  readonly Timeout: number;
  readonly StartPeriod: number;
  readonly StartInterval: number;
  readonly Retries: number;
}

/** How a container hangs on one network, without what the engine itself chose. */
export interface Endpoint {
  readonly IPAMConfig: { readonly IPv4Address?: string | undefined; readonly IPv6Address?: string | undefined };
  readonly Aliases: readonly string[];
  readonly NetworkID: string;
}

/** Settings that were read, and the names of those that are set and not known, or not in a form that is known. */
export interface Known<T> {
  readonly settings: T;
  readonly unknown: readonly string[];
}
