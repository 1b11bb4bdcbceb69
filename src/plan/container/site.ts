import type { Container } from "../../facts/containers.ts";
import type { EngineWords } from "../../host/change-command.ts";
import type { Server } from "../../judge/server.ts";
import type { InspectedContainer } from "../../facts/container-inspection.ts";
import type { RuleId } from "../../judge/finding.ts";
import type { Expectation, Interruption } from "../plan.ts";
import type { PlanInput } from "../plan-input.ts";
import type { PortMove } from "./published.ts";
import type { Variable } from "./compose-variable.ts";

/** One container, the model servers in it that are to be closed, and how. */
export interface ContainerSite {
  readonly input: PlanInput;
  readonly servers: readonly [Server, ...Server[]];
  readonly container: Container;
  readonly inspected: InspectedContainer;
  /** Ports that are to be published on loopback. */
  readonly ports: readonly PortMove[];
  /** What its server is told instead, on the network of the host itself; else null. */
  readonly variable: Variable | null;
  readonly interruptions: readonly Interruption[];
}

/** Words that call the engine of a container. */
export function toEngineWords({ engine }: Container): EngineWords {
  return engine === "docker" ? ["docker", "--host", "unix:///run/docker.sock"] : ["podman"];
}

/** The rule that a step on a site mends. */
export function toMends({ variable }: ContainerSite): readonly RuleId[] {
  return [variable === null ? "published-port-open" : "open-bind"];
}

/** What must be so when it runs again. */
export function toExpectations({ ports, variable, servers }: ContainerSite): readonly Expectation[] {
  const places = ports.map(({ loopback, hostPort }) => ({ address: loopback, port: hostPort }));
  const own = variable === null ? [] : servers[0].listeners.map(({ port }) => ({ address: "127.0.0.1", port }));
  return [...places, ...own].flatMap((place): readonly Expectation[] => [
    { kind: "listens-on-loopback-only", port: place.port },
    { kind: "answers", ...place },
  ]);
}
