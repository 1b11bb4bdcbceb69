import type { Container, PublishedPort } from "../facts/containers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Process } from "../facts/processes.ts";
import type { AskedListener } from "./asked-listeners.ts";
import { toCanonical } from "./addresses.ts";

/** A port of a container that its engine publishes on the host. */
export interface Publication {
  readonly container: Container;
  readonly published: PublishedPort;
  /** The engine's own listener for it on the host (docker-proxy, conmon ...); null where it uses none. */
  readonly helper: AskedListener | null;
}

/** The containers of a host, joined to their processes, namespaces and published ports. */
export interface ContainerIndex {
  /** The container a process runs in; null for none, and where its engine did not tell. */
  of(process: Process | null): Container | null;
  /** The containers that share a network namespace. */
  inNamespace(namespace: string): readonly Container[];
  /** What leads from the host to a port in a container's namespace. */
  publicationsOf(namespace: string, port: number): readonly Publication[];
  /** True for the host's own listener by which an engine serves a published port. */
  isHelper(asked: AskedListener): boolean;
  /** Every published port, with the listener that serves it on the host. */
  readonly publications: readonly Publication[];
}

/** Engines abbreviate ids to as few as this many digits. */
const ID_LENGTH = 12;

export function toContainerIndex(
  facts: Facts,
  byPid: ReadonlyMap<number, Process>,
  ownListeners: readonly AskedListener[],
): ContainerIndex {
  const containers = facts.containers.ok ? facts.containers.value.containers : [];
  const byId = new Map(containers.map((container) => [container.id.slice(0, ID_LENGTH), container]));
  const of = (process: Process | null): Container | null => {
    const id = process?.cgroup?.kind === "container" ? process.cgroup.id : "";
    return id.length < ID_LENGTH ? null : (byId.get(id.slice(0, ID_LENGTH)) ?? null);
  };
  const namespaces = groupByNamespace(containers, of, byPid);
  const helpers = matchHelpers(containers, ownListeners);
  const helperOf = new Map([...helpers].map(([asked, published]) => [published, asked]));
  const publications = containers.flatMap((container) =>
    container.published.map((published) => ({ container, published, helper: helperOf.get(published) ?? null })),
  );
  const byTarget = Map.groupBy(publications, (each) => toTarget(each.container, each.published.containerPort));
  const inNamespace = (namespace: string): readonly Container[] => namespaces.get(namespace) ?? [];
  return {
    of,
    inNamespace,
    publicationsOf: (namespace, port) =>
      inNamespace(namespace).flatMap((container) => byTarget.get(toTarget(container, port)) ?? []),
    isHelper: (asked) => helpers.has(asked),
    publications,
  };
}

function toTarget(container: Container, port: number): string {
  return `${container.id} ${port}`;
}

function groupByNamespace(
  containers: readonly Container[],
  of: ContainerIndex["of"],
  byPid: ReadonlyMap<number, Process>,
): ReadonlyMap<string, readonly Container[]> {
  const members = new Map<string, Set<Container>>();
  const add = (namespace: string | null | undefined, container: Container | null): void => {
    if (namespace === null || namespace === undefined || container === null) return;
    members.set(namespace, (members.get(namespace) ?? new Set()).add(container));
  };
  for (const container of containers) {
    add(container.pid === null ? null : byPid.get(container.pid)?.namespace, container);
  }
  for (const process of byPid.values()) add(process.namespace, of(process));
  return new Map([...members].map(([namespace, set]) => [namespace, [...set]]));
}

function matchHelpers(
  containers: readonly Container[],
  ownListeners: readonly AskedListener[],
): ReadonlyMap<AskedListener, PublishedPort> {
  const published = containers.flatMap((container) => container.published);
  const ports = new Set(published.map((each) => each.hostPort));
  const byPlace = new Map(published.map((each) => [toPlace(each.hostAddress, each.hostPort), each]));
  const matches = new Map<AskedListener, PublishedPort>();
  for (const asked of ownListeners) {
    const { address, port } = asked.listener;
    if (!ports.has(port)) continue;
    // A helper on `::` that takes IPv4 serves a port that was published for IPv4 alone.
    const dual = address === "::" && asked.dualStack !== false ? byPlace.get(toPlace("0.0.0.0", port)) : undefined;
    const match = byPlace.get(toPlace(address, port)) ?? dual;
    if (match !== undefined) matches.set(asked, match);
  }
  return matches;
}

function toPlace(address: string, port: number): string {
  return `${toCanonical(address)} ${port}`;
}
