import type { Facts } from "../facts/facts.ts";
import type { Network } from "../facts/interfaces.ts";
import { evaluate } from "../firewall/evaluate.ts";
import type { Entry, Part, Partition } from "../firewall/partition.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import { areSame, intersectSets, toEmptySet, uniteSets, type SourceSet } from "../firewall/source-set.ts";
import { isLoopback, isWildcard, toCanonical, toFamily } from "../judge/addresses.ts";
import { toOwnNamespace } from "../judge/asked-listeners.ts";
import { toEntry } from "../judge/firewall-entry.ts";
import { toPopulation } from "../judge/population.ts";
import type { Server } from "../judge/server.ts";
import { toWiring, type Outsider, type Wiring } from "../judge/vantages.ts";

/** A door of the host that belongs to another service. */
interface OtherDoor {
  /** Null: every address of the host. */
  readonly address: string | null;
  readonly port: number;
}

/** More doors than these are not compared: nobody reads a plan for a host with thousands of services. */
const MOST_DOORS = 512;

/** Ports of other services whose sources are not the same afterwards; null where there are too many to compare. */
export function findChangedPorts(
  facts: Facts,
  closed: readonly Server[],
  before: readonly RuleSet[],
  after: readonly RuleSet[],
): readonly number[] | null {
  const network = facts.networks.find((each) => each.own);
  if (network === undefined) return [];
  const wiring = toWiring(network, true, facts.containers);
  const doors = toOtherDoors(facts, closed);
  if (doors.length > MOST_DOORS) return null;
  const isChanged = (door: OtherDoor): boolean =>
    wiring.outsiders.some((outsider) => {
      const entry = toDoorEntry(network, outsider, door);
      return entry !== null && !isSameFate(evaluate(before, entry), evaluate(after, entry), outsider, wiring);
    });
  return [...new Set(doors.filter(isChanged).map(({ port }) => port))].toSorted((one, other) => one - other);
}

/** Everything that listens on the host, and what engines publish there, but for the servers that are closed. */
function toOtherDoors(facts: Facts, closed: readonly Server[]): readonly OtherDoor[] {
  const own = toOwnNamespace(facts);
  const listening = (facts.listeners.ok ? facts.listeners.value : [])
    .filter((each) => (each.namespace ?? own) === own && !isLoopback(each.address))
    .map(({ address, port }) => ({ address, port }));
  const published = (facts.containers.ok ? facts.containers.value.containers : []).flatMap((container) =>
    container.published.map(({ hostAddress, hostPort }) => ({ address: hostAddress, port: hostPort })),
  );
  const ours = new Set(closed.flatMap(toOwnDoors));
  const others = [...listening, ...published].filter(
    ({ address, port }) => !ours.has(toKey(isWildcard(address) ? "*" : address, port)),
  );
  const doors = others.map(({ address, port }) => ({ address: isWildcard(address) ? null : address, port }));
  return [...new Map(doors.map((door) => [`${door.address} ${door.port}`, door])).values()];
}

/** Where a server is reached, and every address at once: whoever listens there listens for it. */
function toOwnDoors({ routes, listeners }: Server): readonly string[] {
  const doors = [...routes.map(({ entry }) => entry), ...listeners];
  return doors.flatMap(({ address, port }) => [toKey(address, port), toKey("*", port)]);
}

function toKey(address: string, port: number): string {
  return `${toCanonical(address)} ${port}`;
}

function toDoorEntry(network: Network, outsider: Outsider, door: OtherDoor): Entry | null {
  const { family, interface: link } = outsider;
  const address = door.address ?? outsider.address;
  if (link === null || address === null || toFamily(address) !== family) return null;
  return toEntry(network, { family, interface: link.name, address, port: door.port });
}

/** Whether the same of an outsider's sources get through, and the same may. */
function isSameFate(one: Partition, other: Partition, outsider: Outsider, wiring: Wiring): boolean {
  const population = toPopulation(outsider, wiring);
  const toShare = (parts: readonly Part[]): SourceSet =>
    parts.reduce((all, { sources }) => uniteSets(all, intersectSets(sources, population)), toEmptySet(one.family));
  return (
    areSame(toShare(one.admitted), toShare(other.admitted)) &&
    areSame(toShare(one.undecidable), toShare(other.undecidable))
  );
}
