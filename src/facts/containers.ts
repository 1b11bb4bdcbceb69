import type { HostReader, Reading, Why } from "../host/host.ts";
import { type EngineSigns, gatherDocker, gatherPodman } from "./engines.ts";

/** A running container, as its engine describes it. */
export interface Container {
  readonly engine: "docker" | "podman";
  readonly engineVersion: string | null;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Process id of its first process on the host, or null. */
  readonly pid: number | null;
  /** `host`, `bridge`, `none`, `container:ID`, or a network's name. */
  readonly networkMode: string;
  readonly user: string;
  readonly networks: readonly ContainerNetwork[];
  readonly published: readonly PublishedPort[];
  /** Only the names a model server declares. */
  readonly environment: Readonly<Record<string, string>>;
  /** Compose project, service and files where the labels name them. */
  readonly compose: { readonly project: string; readonly service: string; readonly files: readonly string[] } | null;
}

export interface ContainerNetwork {
  readonly name: string;
  /** Bridge interface on the host, or null where the network has none. */
  readonly bridge: string | null;
  readonly address: string | null;
  readonly ipv6Address: string | null;
  /** Subnets of the network, CIDR. */
  readonly subnets: readonly string[];
  /** No route out (`docker network create --internal`). */
  readonly internal: boolean;
}

export interface PublishedPort {
  /** Host address the port is published on; `0.0.0.0`, `::` or one address. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

/** A container network with a bridge on this host, whether or not a container uses it now. */
export interface EngineNetwork {
  readonly engine: "docker" | "podman";
  readonly name: string;
  readonly bridge: string | null;
  readonly subnets: readonly string[];
}

/** All that the engines on this host told. */
export interface Containers {
  readonly containers: readonly Container[];
  readonly networks: readonly EngineNetwork[];
  /** Engines of which there is a sign on this host and that did not tell what they run. */
  readonly unread: readonly UnreadEngine[];
}

export interface UnreadEngine {
  readonly engine: "docker" | "podman";
  readonly why: Why;
  readonly from: string;
  readonly detail?: string;
}

/**
 * The running containers and the networks of Docker and Podman, as their command line clients tell them.
 * Absent: neither runs here. An engine that runs and did not answer is in `unread`; where none answered, the
 * whole reading fails with the reason of the first.
 */
export async function gatherContainers(
  host: HostReader,
  variables: readonly string[],
  signs: EngineSigns,
): Promise<Reading<Containers>> {
  const asked = await Promise.all([gatherDocker(host, variables, signs), gatherPodman(host, variables, signs)]);
  const readings = asked.flatMap((reading) => (reading === null ? [] : [reading]));
  const told = readings.flatMap((reading) => ("why" in reading ? [] : [reading]));
  const unread = readings.flatMap((reading) => ("why" in reading ? [reading] : []));
  if (told.length === 0) {
    const [first] = unread;
    if (first === undefined) return { ok: false, why: "absent", from: "/run/docker.sock, /run/libpod" };
    const { engine: _, ...reason } = first;
    return { ok: false, ...reason };
  }
  const value = {
    containers: told.flatMap((engine) => engine.containers),
    networks: told.flatMap((engine) => engine.networks),
    unread,
  };
  return { ok: true, value, from: told.map((engine) => engine.from).join(", ") };
}
