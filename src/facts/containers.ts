import type { Why } from "../host/host.ts";

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
