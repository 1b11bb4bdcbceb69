import type { Answer } from "../facts/answers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Listener } from "../facts/sockets.ts";
import { isLoopback, isWildcard } from "../judge/addresses.ts";
import type { LoopbackPlace } from "../judge/loopback-value.ts";
import type { Server } from "../judge/server.ts";

/** A server and where it will listen. */
export interface Move {
  readonly server: Server;
  readonly place: LoopbackPlace;
}

/** The facts of the host as they will be when servers listen where a plan puts them; nothing else is different. */
export function predictFacts(facts: Facts, moves: readonly Move[]): Facts {
  return moves.reduce(moveServer, facts);
}

function moveServer(facts: Facts, { server, place }: Move): Facts {
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
