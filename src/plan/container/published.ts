import type { PortBinding } from "../../facts/container-settings.ts";
import type { Container, PublishedPort } from "../../facts/containers.ts";
import { isLoopback } from "../../judge/addresses.ts";
import { toAuthority } from "../../judge/authentication.ts";
import type { Server } from "../../judge/server.ts";
import { option, type Option } from "./option.ts";

export type Bindings = Readonly<Record<string, readonly PortBinding[]>>;

/** The published ports that lead to a server from elsewhere than this host's loopback. */
export function findOpenPorts(server: Server, container: Container): readonly PublishedPort[] {
  const places = new Set(
    server.routes.flatMap(({ hops }) =>
      hops.flatMap((hop) => (hop.kind === "published-port" && hop.container === container.name ? hop.publishedOn : [])),
    ),
  );
  return container.published.filter(
    ({ hostAddress, hostPort }) => places.has(toAuthority(hostAddress, hostPort)) && !isLoopback(hostAddress),
  );
}

/** Where on loopback a port is published instead: IPv6 only where it was on nothing else. */
export function toLoopback(addresses: readonly string[]): "127.0.0.1" | "::1" {
  return addresses.length > 0 && addresses.every((address) => address.includes(":")) ? "::1" : "127.0.0.1";
}

/** The same publications with these ports on loopback alone. Null: a port of them is not one that was asked for by number. */
export function closeBindings(bindings: Bindings, ports: readonly PublishedPort[]): Bindings | null {
  const isMeant = (target: string, binding: PortBinding): boolean =>
    ports.some(({ hostPort, containerPort }) => `${containerPort}/tcp` === target && `${hostPort}` === binding.HostPort);
  const isFound = ports.every(({ containerPort, hostPort }) =>
    bindings[`${containerPort}/tcp`]?.some(({ HostPort }) => HostPort === `${hostPort}`),
  );
  if (!isFound) return null;
  const closed = Object.entries(bindings).map(([target, all]) => {
    const loopback = toLoopback(all.filter((each) => isMeant(target, each)).map(({ HostIp }) => HostIp));
    const moved = all.map((each) =>
      isMeant(target, each) && !isLoopback(each.HostIp) ? { ...each, HostIp: loopback } : each,
    );
    return [target, [...new Map(moved.map((each) => [`${each.HostIp} ${each.HostPort}`, each])).values()]] as const;
  });
  return Object.fromEntries(closed);
}

export function toPublishOptions(bindings: Bindings): readonly Option[] {
  return Object.entries(bindings).flatMap(([target, all]) =>
    all.map((binding) => option("publish", `${toHostPart(binding)}${target.replace(/\/tcp$/, "")}`)),
  );
}

function toHostPart({ HostIp, HostPort }: PortBinding): string {
  if (HostIp === "") return HostPort === "" ? "" : `${HostPort}:`;
  return `${HostIp.includes(":") ? `[${HostIp}]` : HostIp}:${HostPort}:`;
}
