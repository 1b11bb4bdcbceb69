import type { PortBinding } from "../../facts/container-settings.ts";
import type { Container, PublishedPort } from "../../facts/containers.ts";
import { isLoopback } from "../../judge/addresses.ts";
import { toAuthority } from "../../judge/authentication.ts";
import type { Server } from "../../judge/server.ts";
import { option, type Option } from "./option.ts";

export type Bindings = Readonly<Record<string, readonly PortBinding[]>>;

/** A published port, and where on loopback it is to be published instead. */
export interface PortMove {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly loopback: "127.0.0.1" | "::1";
}

/** The published ports that lead to a server from elsewhere than this host's loopback: IPv6 only where it is all there is. */
export function findOpenPorts(server: Server, container: Container): readonly PortMove[] {
  const places = new Set(
    server.routes.flatMap(({ hops }) =>
      hops.flatMap((hop) => (hop.kind === "published-port" && hop.container === container.name ? hop.publishedOn : [])),
    ),
  );
  const open = container.published.filter(
    ({ hostAddress, hostPort }) => places.has(toAuthority(hostAddress, hostPort)) && !isLoopback(hostAddress),
  );
  const byPort = Map.groupBy(open, ({ hostPort, containerPort }) => `${hostPort} ${containerPort}`);
  return [...byPort.values()].flatMap((same) => {
    const [first] = same;
    const isV6 = same.every(({ hostAddress }) => hostAddress.includes(":"));
    const loopback = isV6 ? "::1" : "127.0.0.1";
    return first === undefined ? [] : [{ hostPort: first.hostPort, containerPort: first.containerPort, loopback }];
  });
}

/** The same publications with these ports on loopback alone. Null: one of them was not asked for by its number. */
export function closeBindings(bindings: Bindings, ports: readonly PortMove[]): Bindings | null {
  const toMove = (target: string, { HostPort }: PortBinding): PortMove | undefined =>
    ports.find(({ hostPort, containerPort }) => `${containerPort}/tcp` === target && `${hostPort}` === HostPort);
  const isSaid = (port: PortMove): boolean =>
    (bindings[`${port.containerPort}/tcp`] ?? []).some(({ HostPort }) => HostPort === `${port.hostPort}`);
  if (!ports.every(isSaid)) return null;
  const closed = Object.entries(bindings).map(([target, all]) => {
    const moved = all.map((each): PortBinding => {
      const move = toMove(target, each);
      return move === undefined || isLoopback(each.HostIp) ? each : { ...each, HostIp: move.loopback };
    });
    return [target, [...new Map(moved.map((each) => [`${each.HostIp} ${each.HostPort}`, each])).values()]] as const;
  });
  return Object.fromEntries(closed);
}

/** The same of what an engine says that it publishes. */
export function closePublished(
  published: readonly PublishedPort[],
  ports: readonly PortMove[],
): readonly PublishedPort[] {
  const moved = published.map((each): PublishedPort => {
    const move = ports.find(
      ({ hostPort, containerPort }) => hostPort === each.hostPort && containerPort === each.containerPort,
    );
    return move === undefined || isLoopback(each.hostAddress) ? each : { ...each, hostAddress: move.loopback };
  });
  return [
    ...new Map(moved.map((each) => [`${each.hostAddress} ${each.hostPort} ${each.containerPort}`, each])).values(),
  ];
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
