import type { Container } from "../../facts/containers.ts";
import { isOnLoopback, toLoopbackValue } from "../../judge/loopback-value.ts";
import type { Server } from "../../judge/server.ts";
import { countLoadedModels } from "../loaded-models.ts";
import type { PlanInput, PlannedSteps } from "../plan-input.ts";
import { leave, toSteps } from "../planned-steps.ts";
import { findOwnData } from "./changed-paths.ts";
import { planCompose } from "./edit-compose-file.ts";
import { planQuadlet } from "./edit-quadlet.ts";
import { findOpenPorts, type PortMove } from "./published.ts";
import { planRecreate } from "./recreate-container.ts";
import type { ContainerSite } from "./site.ts";

export interface PortsMove {
  readonly server: Server;
  readonly container: Container;
  readonly ports: readonly PortMove[];
}

/**
 * Closes the published ports of the container that a server runs in, or, on the network of the host itself, the
 * address that it listens on: in the file that says so where there is one, else by making the container anew. All
 * model servers of one container are closed with the first of them.
 */
export function planContainer(input: PlanInput, server: Server): PlannedSteps {
  const container = findContainer(input, server);
  if (container === null) return leave(server, { code: "unknown-runner" });
  const servers = input.judgement.servers.filter((each) => isMeant(input, each, server));
  const [first = server, ...others] = servers;
  if (first !== server) return toSteps({});
  const isOnHost = container.networkMode === "host";
  const ports = isOnHost ? [] : servers.flatMap((each) => findOpenPorts(each, container));
  if (isOnHost && server.kind !== "ollama") return leave(server, { code: "no-safe-change" }, "open-bind");
  if (!isOnHost && ports.length === 0) return leaveUnpublished(input, server);
  const reading = input.inspected.get(container.id);
  if (reading === undefined) {
    return { kind: "needs-inspection", containers: [{ engine: container.engine, id: container.id }] };
  }
  if (!reading.ok) return leave(server, { code: "not-inspected", container: container.name });
  const interruptions = servers.map((each) => ({
    server: each.id,
    loadedModels: countLoadedModels(input, each),
    because: "recreate" as const,
  }));
  const variable = isOnHost ? { name: "OLLAMA_HOST", value: toLoopbackValue(server) } : null;
  const common = { input, container, ports, variable, interruptions };
  return planSite({ ...common, servers: [first, ...others], inspected: reading.value });
}

function planSite(site: ContainerSite): PlannedSteps {
  const { container, inspected, input, servers } = site;
  const [server] = servers;
  if (sharesNamespace(input, container)) return leave(server, { code: "no-safe-change" }, "published-port-open");
  if (inspected.unit !== null) return planQuadlet(site, inspected.unit);
  const data = findOwnData(inspected);
  if (data.length > 0) return leave(server, { code: "data-in-container", paths: data }, "published-port-open");
  if (container.compose === null) return planRecreate(site);
  return container.engine === "docker"
    ? planCompose(site, container.compose)
    : leave(server, { code: "no-safe-change" }, "published-port-open");
}

/** What becomes of a host where the ports of a server's container are closed; null: its own address is. */
export function toPortsMove(input: PlanInput, server: Server): PortsMove | null {
  const container = findContainer(input, server);
  if (container === null || container.networkMode === "host") return null;
  const servers = input.judgement.servers.filter((each) => isMeant(input, each, server));
  return { server, container, ports: servers.flatMap((each) => findOpenPorts(each, container)) };
}

/** Another container lives in its network, and would lose it. */
function sharesNamespace({ facts }: PlanInput, { id }: Container): boolean {
  const containers = facts.containers.ok ? facts.containers.value.containers : [];
  return containers.some(({ networkMode }) => networkMode === `container:${id}`);
}

function findContainer({ facts }: Pick<PlanInput, "facts">, { runBy }: Server): Container | null {
  if ((runBy.kind !== "docker" && runBy.kind !== "podman") || !facts.containers.ok) return null;
  const { containers } = facts.containers.value;
  return containers.find(({ engine, name }) => engine === runBy.kind && name === runBy.container) ?? null;
}

/** The servers of the same container that are to be closed too, and the one itself. */
function isMeant({ choices }: PlanInput, each: Server, server: Server): boolean {
  if (each === server) return true;
  const isSame = JSON.stringify(each.runBy) === JSON.stringify(server.runBy);
  return isSame && !isOnLoopback(each) && (choices.servers === null || choices.servers.includes(each.id));
}

/** Reached by its own address alone, or through another container's ports: nothing of its own could be changed. */
function leaveUnpublished({ choices }: PlanInput, server: Server): PlannedSteps {
  const isPublished = server.routes.some(({ hops }) => hops.some(({ kind }) => kind === "published-port"));
  if (isPublished) return leave(server, { code: "no-safe-change" }, "published-port-open");
  if (choices.firewall !== "none") return toSteps({});
  return leave(server, { code: "not-asked", flag: "--firewall auto" }, "container-address-open");
}
