import { z } from "zod";
import type { Endpoint, HostSettings, Known, ProcessSettings } from "./container-settings.ts";

const Texts = z.array(z.string());
const Pairs = z.record(z.string(), z.string());
const Size = z.number().int();
const Binding = z.strictObject({ HostIp: z.string().default(""), HostPort: z.string().default("") });

const HOST_SETTINGS = z.strictObject({
  Binds: Texts,
  LogConfig: z.strictObject({ Type: z.string(), Config: Pairs.default({}) }),
  NetworkMode: z.string(),
  PortBindings: z.record(z.string(), z.array(Binding)),
  RestartPolicy: z.strictObject({ Name: z.string(), MaximumRetryCount: Size.default(0) }),
  VolumeDriver: z.string(),
  VolumesFrom: Texts,
  CapAdd: Texts,
  CapDrop: Texts,
  CgroupnsMode: z.string(),
  Dns: Texts,
  DnsOptions: Texts,
  DnsSearch: Texts,
  ExtraHosts: Texts,
  GroupAdd: Texts,
  IpcMode: z.string(),
  OomScoreAdj: Size,
  PidMode: z.string(),
  Privileged: z.boolean(),
  ReadonlyRootfs: z.boolean(),
  SecurityOpt: Texts,
  StorageOpt: Pairs,
  Tmpfs: Pairs,
  UTSMode: z.string(),
  UsernsMode: z.string(),
  ShmSize: Size,
  Sysctls: Pairs,
  Runtime: z.string(),
  CpuShares: Size,
  Memory: Size,
  NanoCpus: Size,
  CgroupParent: z.string(),
  BlkioWeight: Size,
  CpuPeriod: Size,
  CpuQuota: Size,
  CpuRealtimePeriod: Size,
  CpuRealtimeRuntime: Size,
  CpusetCpus: z.string(),
  CpusetMems: z.string(),
  Devices: z.array(
    z.strictObject({ PathOnHost: z.string(), PathInContainer: z.string(), CgroupPermissions: z.string() }),
  ),
  DeviceCgroupRules: Texts,
  DeviceRequests: z.array(
    z.strictObject({
      Driver: z.string().default(""),
      Count: Size.default(0),
      DeviceIDs: Texts.default([]),
      Capabilities: z.array(Texts).default([]),
    }),
  ),
  MemoryReservation: Size,
  MemorySwap: Size,
  MemorySwappiness: Size,
  OomKillDisable: z.boolean(),
  PidsLimit: Size,
  Ulimits: z.array(z.strictObject({ Name: z.string(), Hard: Size.default(0), Soft: Size.default(0) })),
  Mounts: z.array(
    z.strictObject({
      Type: z.enum(["bind", "volume", "tmpfs"]),
      Source: z.string().default(""),
      Target: z.string(),
      ReadOnly: z.boolean().default(false),
    }),
  ),
  MaskedPaths: Texts,
  ReadonlyPaths: Texts,
  Init: z.boolean(),
});

const PROCESS_SETTINGS = z.strictObject({
  Hostname: z.string(),
  Domainname: z.string(),
  User: z.string(),
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  Cmd: Texts,
  Healthcheck: z.strictObject({
    Test: Texts.default([]),
    Interval: Size.default(0),
    Timeout: Size.default(0),
    StartPeriod: Size.default(0),
    StartInterval: Size.default(0),
    Retries: Size.default(0),
  }),
  Image: z.string(),
  WorkingDir: z.string(),
  Entrypoint: Texts,
  StopSignal: z.string(),
  StopTimeout: Size,
  MacAddress: z.string(),
});

const ENDPOINT = z.strictObject({
  IPAMConfig: z.strictObject({ IPv4Address: z.string().optional(), IPv6Address: z.string().optional() }).default({}),
  Aliases: Texts.default([]),
  NetworkID: z.string().default(""),
});

/** What says nothing about how the container runs. */
const HOST_IGNORED: readonly string[] = ["ContainerIDFile", "ConsoleSize"];
/** Who was attached when it was made; what only builds of images look at; and what is read apart. */
const PROCESS_IGNORED: readonly string[] = [
  "AttachStdin",
  "AttachStdout",
  "AttachStderr",
  "StdinOnce",
  "OnBuild",
  "Shell",
  "Env",
  "Labels",
  "ExposedPorts",
  "Volumes",
];
const ENDPOINT_IGNORED: readonly string[] = [
  "EndpointID",
  "Gateway",
  "IPAddress",
  "IPPrefixLen",
  "IPv6Gateway",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "MacAddress",
  "DNSNames",
];
/** Settings that say something by being zero or false. */
const MEAN_SOMETHING: readonly string[] = ["MemorySwappiness", "StopTimeout", "Init"];

export function readHostSettings(value: unknown): Known<HostSettings> {
  return readKnown(value, HOST_SETTINGS.partial(), HOST_IGNORED);
}

export function readProcessSettings(value: unknown): Known<ProcessSettings> {
  return readKnown(value, PROCESS_SETTINGS.partial(), PROCESS_IGNORED);
}

/** Null: something about it is not known. */
export function readEndpoint(value: unknown): Endpoint | null {
  const set = withoutUnset(value);
  const parsed = ENDPOINT.safeParse(isRecord(set) ? omit(set, ENDPOINT_IGNORED) : {});
  return parsed.success ? parsed.data : null;
}

function readKnown<Shape extends z.ZodRawShape>(
  value: unknown,
  schema: z.ZodObject<Shape>,
  ignored: readonly string[],
): Known<z.infer<z.ZodObject<Shape>>> {
  const set = withoutUnset(value);
  const entries = isRecord(set) ? omit(set, ignored) : {};
  const parsed = schema.safeParse(entries);
  if (parsed.success) return { settings: parsed.data, unknown: [] };
  const unknown = [...new Set(parsed.error.issues.flatMap(toNames))];
  const rest = schema.safeParse(omit(entries, unknown));
  return rest.success ? { settings: rest.data, unknown } : { settings: schema.parse({}), unknown };
}

function toNames(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.path.length === 0 && issue.code === "unrecognized_keys") return issue.keys;
  return [String(issue.path[0] ?? "")];
}

/** A value without members that are not set: null, empty, and, but for a few, zero and false. */
function withoutUnset(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => (isRecord(each) ? withoutUnset(each) : each));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, withoutUnset(member)] as const)
      .filter(([name, member]) => !isUnset(member) || (MEAN_SOMETHING.includes(name) && member !== null)),
  );
}

function isUnset(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function omit(record: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
