import { z } from "zod";
import type { Container, ContainerNetwork, EngineNetwork, PublishedPort } from "./containers.ts";
import { parseEnvironment } from "./processes.ts";

/** A container network with the keys under which containers name it. */
export interface KnownNetwork {
  readonly id: string;
  readonly internal: boolean;
  readonly network: EngineNetwork;
}

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? "");
const Binding = z.object({ HostIp: Text, HostPort: Text });
const Endpoint = z.object({ NetworkID: Text, IPAddress: Text, GlobalIPv6Address: Text });
const ContainerJson = z.object({
  Id: z.string(),
  Name: z.string(),
  /** Podman only; Docker has an id in `Image` and the name in `Config.Image`. */
  ImageName: Text,
  State: z.object({ Pid: z.number().int().nullish() }).nullish(),
  HostConfig: z.object({ NetworkMode: Text }),
  Config: z.object({
    User: Text,
    Image: Text,
    Env: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(Binding).nullish()).nullish(),
    Networks: z.record(z.string(), Endpoint.nullish()).nullish(),
  }),
});

const DockerNetwork = z.object({
  Name: z.string(),
  Id: z.string(),
  Driver: z.string(),
  Internal: z.boolean().default(false),
  IPAM: z.object({ Config: z.array(z.object({ Subnet: Text })).nullish() }).nullish(),
  Options: z.record(z.string(), z.string()).nullish(),
});
/** Podman 4 and later. */
const PodmanNetwork = z.object({
  name: z.string(),
  driver: z.string(),
  network_interface: Text,
  internal: z.boolean().default(false),
  subnets: z.array(z.object({ subnet: z.string() })).nullish(),
});
/** Podman 3, which hands on the configuration of its CNI plugins. */
const CniNetwork = z.object({
  name: z.string(),
  plugins: z.array(
    z.object({
      type: z.string(),
      bridge: Text,
      isGateway: z.boolean().nullish(),
      ipam: z.object({ ranges: z.array(z.array(z.object({ subnet: z.string() }))).nullish() }).nullish(),
    }),
  ),
});

/** Drivers whose networks are not the engine's own. */
const NO_NETWORK: readonly string[] = ["host", "null"];

/** Reads `docker inspect` or `podman inspect` of containers. Null: it is no such JSON. */
export function parseContainers(
  text: string,
  context: {
    readonly engine: "docker" | "podman";
    readonly engineVersion: string | null;
    readonly networks: readonly KnownNetwork[];
    readonly variables: readonly string[];
  },
): readonly Container[] | null {
  const parsed = z.array(ContainerJson).safeParse(toJson(text));
  if (!parsed.success) return null;
  return parsed.data.map((container): Container => {
    const networks = toNetworks(container.NetworkSettings.Networks ?? {}, context.networks);
    const mode = container.HostConfig.NetworkMode;
    const pid = container.State?.Pid ?? 0;
    return {
      engine: context.engine,
      engineVersion: context.engineVersion,
      id: container.Id,
      name: container.Name.replace(/^\//, ""),
      image: container.ImageName === "" ? container.Config.Image : container.ImageName,
      pid: pid > 0 ? pid : null,
      networkMode: mode === "" || mode === "default" ? "bridge" : mode,
      user: container.Config.User,
      networks,
      published: toPublished(container.NetworkSettings.Ports ?? {}, networks),
      environment: parseEnvironment((container.Config.Env ?? []).join("\0"), context.variables),
      compose: toCompose(container.Config.Labels ?? {}),
    };
  });
}

function toNetworks(
  endpoints: Readonly<Record<string, z.infer<typeof Endpoint> | null | undefined>>,
  known: readonly KnownNetwork[],
): readonly ContainerNetwork[] {
  return Object.entries(endpoints).map(([name, endpoint]) => {
    const found = known.find(({ id, network }) => id === endpoint?.NetworkID || network.name === name);
    return {
      name,
      bridge: found?.network.bridge ?? null,
      address: toNullable(endpoint?.IPAddress),
      ipv6Address: toNullable(endpoint?.GlobalIPv6Address),
      subnets: found?.network.subnets ?? [],
      internal: found?.internal ?? false,
    };
  });
}

/**
 * Published TCP ports. Docker names each host address; Podman leaves it empty where a port is published on
 * all of them, which takes in IPv6 only where the container has an IPv6 address.
 */
function toPublished(
  ports: Readonly<Record<string, readonly z.infer<typeof Binding>[] | null | undefined>>,
  networks: readonly ContainerNetwork[],
): readonly PublishedPort[] {
  const every = networks.some((network) => network.ipv6Address !== null) ? ["0.0.0.0", "::"] : ["0.0.0.0"];
  return Object.entries(ports).flatMap(([name, bindings]) => {
    const containerPort = /^(\d{1,5})\/tcp$/.exec(name)?.[1];
    if (containerPort === undefined) return [];
    return (bindings ?? []).flatMap(({ HostIp, HostPort }) => {
      const hostPort = Number(HostPort);
      if (!Number.isInteger(hostPort) || hostPort < 1 || hostPort > 65_535) return [];
      const addresses = HostIp === "" ? every : [HostIp];
      return addresses.map((hostAddress) => ({ hostAddress, hostPort, containerPort: Number(containerPort) }));
    });
  });
}

function toCompose(labels: Readonly<Record<string, string>>): Container["compose"] {
  const project = labels["com.docker.compose.project"];
  const service = labels["com.docker.compose.service"];
  if (project === undefined || service === undefined) return null;
  const files = labels["com.docker.compose.project.config_files"] ?? "";
  return { project, service, files: files.split(",").filter((file) => file !== "") };
}

/** Reads `docker network inspect` or `podman network inspect`. Null: it is no such JSON. */
export function parseEngineNetworks(text: string, engine: "docker" | "podman"): readonly KnownNetwork[] | null {
  const parsed = z.array(z.union([DockerNetwork, PodmanNetwork, CniNetwork])).safeParse(toJson(text));
  if (!parsed.success) return null;
  return parsed.data.flatMap((network): readonly KnownNetwork[] => {
    const known = toKnownNetwork(network, engine);
    return known === null ? [] : [known];
  });
}

function toKnownNetwork(
  network: z.infer<typeof DockerNetwork> | z.infer<typeof PodmanNetwork> | z.infer<typeof CniNetwork>,
  engine: "docker" | "podman",
): KnownNetwork | null {
  if ("Driver" in network) {
    if (NO_NETWORK.includes(network.Driver)) return null;
    const named = network.Options?.["com.docker.network.bridge.name"] ?? `br-${network.Id.slice(0, 12)}`;
    const bridge = network.Driver === "bridge" ? named : null;
    const subnets = (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === "" ? [] : [Subnet]));
    return { id: network.Id, internal: network.Internal, network: { engine, name: network.Name, bridge, subnets } };
  }
  if ("driver" in network) {
    const bridge = network.driver === "bridge" ? toNullable(network.network_interface) : null;
    const subnets = (network.subnets ?? []).map(({ subnet }) => subnet);
    return { id: network.name, internal: network.internal, network: { engine, name: network.name, bridge, subnets } };
  }
  const plugin = network.plugins.find(({ type }) => type === "bridge");
  const subnets = (plugin?.ipam?.ranges ?? []).flat().map(({ subnet }) => subnet);
  const bridge = toNullable(plugin?.bridge);
  const internal = plugin !== undefined && plugin.isGateway !== true;
  return { id: network.name, internal, network: { engine, name: network.name, bridge, subnets } };
}

const Version = z.object({
  Server: z.object({ Version: z.string() }).nullish(),
  Client: z.object({ Version: z.string() }).nullish(),
});

/** Reads `docker version` or `podman version`; Podman without a server is its client. Null: none told. */
export function parseEngineVersion(text: string): string | null {
  const parsed = Version.safeParse(toJson(text));
  if (!parsed.success) return null;
  return toNullable((parsed.data.Server ?? parsed.data.Client)?.Version.slice(0, 64));
}

function toNullable(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
