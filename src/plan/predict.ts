import type { Answer } from "../facts/answers.ts";
import type { Container } from "../facts/containers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Listener } from "../facts/sockets.ts";
import { isLoopback, isWildcard } from "../judge/addresses.ts";
import type { LoopbackPlace } from "../judge/loopback-value.ts";
import type { Server } from "../judge/server.ts";
import { closePublished, type PortMove } from "./container/published.ts";

/** A server and where it will listen, or the ports of its container and where they will be published. */
export type Move =
  | { readonly server: Server; readonly place: LoopbackPlace }
  | { readonly server: Server; readonly container: Container; readonly ports: readonly PortMove[] };

/**
 * The facts of the host as they will be when servers listen, and ports are published, where a plan puts them; nothing
 * else is different.
 */
export function predictFacts(facts: Facts, moves: readonly Move[]): Facts {
  return moves.reduce((left, move) => ("ports" in move ? movePorts(left, move) : moveServer(left, move)), facts);
}

function moveServer(facts: Facts, { server, place }: Extract<Move, { readonly place: LoopbackPlace }>): Facts {
  if (!facts.listeners.ok) return facts;
  const moved = new Set<Listener>(facts.listeners.value.filter((listener) => isOfServer(listener, server)));
  const listeners = facts.listeners.value.map((listener) =>
    moved.has(listener) ? { ...listener, address: place.address, dualStack: false, device: null } : listener,
  );
  const namespaces = new Set([...moved].map(({ namespace }) => namespace));
  const isAsked = (answer: Answer): boolean =>
    answer.port === place.port &&
    namespaces.has(answer.namespace) &&
    server.listeners.some((each) => isAskedAt(each, answer));
  const answers = facts.answers.map((answer) => (isAsked(answer) ? { ...answer, address: place.address } : answer));
  return { ...facts, listeners: { ...facts.listeners, value: listeners }, answers };
}

/** A listener on every address is asked on loopback. */
function isAskedAt({ address }: Server["listeners"][number], answer: Answer): boolean {
  return isWildcard(address) ? isLoopback(answer.address) : address === answer.address;
}

function isOfServer({ pids, address, port }: Listener, { process, listeners }: Server): boolean {
  const isItsPlace = listeners.some((each) => each.address === address && each.port === port);
  return isItsPlace && (pids.length === 0 || process === null || pids.includes(process.pid));
}

/** What a container publishes, the engine's own listeners for it, and what was asked of them. */
function movePorts(
  facts: Facts,
  { container, ports }: { readonly container: Container; readonly ports: readonly PortMove[] },
): Facts {
  if (!facts.containers.ok || !facts.listeners.ok || !facts.identity.ok) return facts;
  const { namespace } = facts.identity.value;
  const { value } = facts.containers;
  const containers = value.containers.map((each) =>
    each.id === container.id ? { ...each, published: closePublished(each.published, ports) } : each,
  );
  const toPlace = (port: number): string | null => ports.find(({ hostPort }) => hostPort === port)?.loopback ?? null;
  const isMoved = (each: Answer | Listener): boolean => each.namespace === namespace && !isLoopback(each.address);
  const listeners = facts.listeners.value.map((each) => {
    const place = isMoved(each) ? toPlace(each.port) : null;
    return place === null ? each : { ...each, address: place, dualStack: false };
  });
  const answers = facts.answers.map((each) => {
    const place = isMoved(each) ? toPlace(each.port) : null;
    return place === null ? each : { ...each, address: place };
  });
  return {
    ...facts,
    containers: { ...facts.containers, value: { ...value, containers } },
    listeners: { ...facts.listeners, value: withoutTwins(listeners) },
    answers,
  };
}

/** An engine listens once on a place, where it did so for each family. */
function withoutTwins(listeners: readonly Listener[]): readonly Listener[] {
  const toPlace = ({ namespace, address, port }: Listener): string => `${namespace} ${address} ${port}`;
  return [...new Map(listeners.map((each) => [toPlace(each), each])).values()];
}
