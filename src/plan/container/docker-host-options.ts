import type { DeviceRequest, HostSettings } from "../../facts/container-settings.ts";
import { each, option, optional, pairs, type Option, type Translated } from "./option.ts";

/**
 * The options of `docker create` that give a container the same place on its host, but for its volumes, its networks
 * and its ports.
 */
export function toHostOptions(host: HostSettings): Translated {
  const devices = (host.DeviceRequests ?? []).map(toGpus);
  const unknown = [
    ...(devices.includes(null) ? ["DeviceRequests"] : []),
    ...(hasProfileText(host) ? ["SecurityOpt"] : []),
    ...(isPartlyUnmasked(host) ? ["MaskedPaths", "ReadonlyPaths"] : []),
  ];
  const options = [
    ...toRestart(host),
    ...toResources(host),
    ...toRights(host),
    ...toNames(host),
    ...devices.filter((device) => device !== null),
    ...(host.Devices ?? []).map((device) =>
      option("device", `${device.PathOnHost}:${device.PathInContainer}:${device.CgroupPermissions}`),
    ),
    ...each("device-cgroup-rule", host.DeviceCgroupRules),
  ];
  return { options, unknown };
}

function toRestart({ RestartPolicy: policy }: HostSettings): readonly Option[] {
  if (policy === undefined || policy.Name === "no") return [];
  return [option("restart", toPolicyText(policy))];
}

/** As `--restart=` takes it. */
export function toPolicyText({ Name, MaximumRetryCount }: NonNullable<HostSettings["RestartPolicy"]>): string {
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name;
}

function toResources(host: HostSettings): readonly Option[] {
  return [
    ...optional("memory", toBytes(host.Memory)),
    ...optional("memory-swap", host.MemorySwap === -1 ? -1 : toBytes(host.MemorySwap)),
    ...optional("memory-reservation", toBytes(host.MemoryReservation)),
    ...(host.MemorySwappiness === -1 ? [] : optional("memory-swappiness", host.MemorySwappiness)),
    ...optional("cpus", host.NanoCpus === undefined ? undefined : host.NanoCpus / 1e9),
    ...optional("cpu-shares", host.CpuShares),
    ...optional("cpu-period", host.CpuPeriod),
    ...optional("cpu-quota", host.CpuQuota),
    ...optional("cpu-rt-period", host.CpuRealtimePeriod),
    ...optional("cpu-rt-runtime", host.CpuRealtimeRuntime),
    ...optional("cpuset-cpus", host.CpusetCpus),
    ...optional("cpuset-mems", host.CpusetMems),
    ...optional("blkio-weight", host.BlkioWeight),
    ...(host.PidsLimit === -1 ? [] : optional("pids-limit", host.PidsLimit)),
    ...(host.OomKillDisable === true ? [option("oom-kill-disable", "true")] : []),
    ...optional("oom-score-adj", host.OomScoreAdj),
    ...(host.Ulimits ?? []).map(({ Name, Soft, Hard }) => option("ulimit", `${Name}=${Soft}:${Hard}`)),
    ...optional("shm-size", toBytes(host.ShmSize)),
    ...pairs("storage-opt", host.StorageOpt),
    ...optional("cgroup-parent", host.CgroupParent),
  ];
}

function toBytes(size: number | undefined): string | undefined {
  return size === undefined ? undefined : `${size}b`;
}

function toRights(host: HostSettings): readonly Option[] {
  const isUnmasked = host.Privileged !== true && (host.MaskedPaths ?? host.ReadonlyPaths) === undefined;
  return [
    ...(host.Privileged === true ? [option("privileged", "true")] : []),
    ...each("cap-add", host.CapAdd),
    ...each("cap-drop", host.CapDrop),
    ...each("security-opt", host.SecurityOpt),
    ...(isUnmasked ? [option("security-opt", "systempaths=unconfined")] : []),
    ...each("group-add", host.GroupAdd),
    ...(host.ReadonlyRootfs === true ? [option("read-only", "true")] : []),
    ...optional("userns", host.UsernsMode),
    ...optional("cgroupns", host.CgroupnsMode),
    ...optional("ipc", host.IpcMode),
    ...optional("pid", host.PidMode),
    ...optional("uts", host.UTSMode),
    ...pairs("sysctl", host.Sysctls),
    ...optional("runtime", host.Runtime),
    ...(host.Init === undefined ? [] : [option("init", `${host.Init}`)]),
  ];
}

function toNames({ Dns, DnsOptions, DnsSearch, ExtraHosts, LogConfig }: HostSettings): readonly Option[] {
  return [
    ...each("dns", Dns),
    ...each("dns-option", DnsOptions),
    ...each("dns-search", DnsSearch),
    ...each("add-host", ExtraHosts),
    ...optional("log-driver", LogConfig?.Type),
    ...pairs("log-opt", LogConfig?.Config),
  ];
}

/** The engine keeps a profile's text, where its option takes the path of a file. */
function hasProfileText({ SecurityOpt = [] }: HostSettings): boolean {
  return SecurityOpt.some((each) => /^seccomp[=:]/.test(each) && !/^seccomp[=:](?:unconfined|builtin)$/.test(each));
}

/** What every release hides in a container that is not privileged; a newer one hides more. */
const MASKED: ReadonlySet<string> = new Set([
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
]);
const READ_ONLY: ReadonlySet<string> = new Set([
  "/proc/asound",
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
]);

/** Hidden paths that somebody chose, which no option can say. */
function isPartlyUnmasked({ MaskedPaths: masked, ReadonlyPaths: readOnly }: HostSettings): boolean {
  if ((masked === undefined) !== (readOnly === undefined)) return true;
  const isThrottle = (path: string): boolean => /^\/sys\/devices\/system\/cpu\/cpu\d+\/thermal_throttle$/.test(path);
  return (
    (masked ?? []).some((path) => !MASKED.has(path) && !isThrottle(path)) ||
    (readOnly ?? []).some((path) => !READ_ONLY.has(path))
  );
}

/** Null: it was asked for in a way that `--gpus` cannot say. */
function toGpus({ Driver, Count, DeviceIDs, Capabilities }: DeviceRequest): Option | null {
  const [first = [], ...others] = Capabilities;
  const isForGpu = others.length === 0 && first.join() === "gpu";
  const isPlain = [Driver, ...DeviceIDs].every((word) => /^[\w.:/=-]*$/.test(word));
  if (!isForGpu || !isPlain || (Driver !== "" && Driver !== "nvidia")) return null;
  const driver = Driver === "" ? "" : `,driver=${Driver}`;
  if (DeviceIDs.length > 0) return Count === 0 ? option("gpus", `"device=${DeviceIDs.join(",")}"${driver}`) : null;
  if (Count === 0) return null;
  return option("gpus", driver === "" && Count === -1 ? "all" : `count=${Count === -1 ? "all" : Count}${driver}`);
}
