import type { Answer } from "../facts/answers.ts";
import type { Facts } from "../facts/facts.ts";
import type { Listener } from "../facts/sockets.ts";
import { recogniseServer } from "../servers/catalogue.ts";
import type { Recognition } from "../servers/server-kind.ts";
import { isWildcard, toCanonical, toFamily } from "./addresses.ts";

/** A listener with what it answered. */
export interface AskedListener {
  readonly listener: Listener;
  /** Network namespace it listens in; the reader's own where the socket table does not say. */
  readonly namespace: string;
  readonly answers: readonly Answer[];
  readonly recognition: Recognition | null;
  /** For `::`: whether IPv4 is taken too, from the socket table or measured; null where neither tells. */
  readonly dualStack: boolean | null;
}

/** Stands for the reader's own network namespace where its name could not be read. */
const OWN_NAMESPACE = "own";

/** Name of the reader's own network namespace. */
export function toOwnNamespace(facts: Facts): string {
  const named = facts.networks.find((network) => network.own)?.namespace ?? null;
  return named ?? (facts.identity.ok ? facts.identity.value.namespace : null) ?? OWN_NAMESPACE;
}

/** One for the thousands of listeners that were not asked. */
const UNASKED: readonly Answer[] = [];

/** Every listener with its answers, in the order of the facts; empty where the listeners could not be read. */
export function toAskedListeners(facts: Facts): AskedListener[] {
  if (!facts.listeners.ok) return [];
  const own = toOwnNamespace(facts);
  const filtered = !facts.firewall.ok || facts.firewall.value.ruleSets.length > 0;
  const answers = Map.groupBy(facts.answers, (answer) => `${answer.namespace ?? own} ${answer.port}`);
  // Of thousands of listeners few were asked, and only those share an answer with others of their port.
  const ports = new Set(facts.answers.map((answer) => answer.port));
  const isOpen = ({ port, dualStack }: Listener): boolean => dualStack === null || ports.has(port);
  const places = Map.groupBy(facts.listeners.value.filter(isOpen), (each) => `${each.namespace ?? own} ${each.port}`);
  const held = toAddressesByDevice(facts, own);
  return facts.listeners.value.map((listener) => {
    const namespace = listener.namespace ?? own;
    if (!isOpen(listener)) {
      return { listener, namespace, answers: UNASKED, recognition: null, dualStack: listener.dualStack };
    }
    const key = `${namespace} ${listener.port}`;
    const rivals = places.get(key) ?? [];
    const fit = (each: Listener, asked: string): number =>
      toFit(each, asked, held.get(`${each.namespace ?? own} ${each.device ?? ""}`));
    const heard = (answers.get(key) ?? []).filter(({ address }) => {
      const best = fit(listener, address);
      return best > 0 && rivals.every((rival) => fit(rival, address) <= best);
    });
    return {
      listener,
      namespace,
      answers: heard,
      recognition: heard.length === 0 ? null : recogniseServer(heard),
      dualStack: listener.dualStack ?? measureDualStack(listener, heard, rivals, filtered),
    };
  });
}

/**
 * How well a listener fits a connection to an address; 0: it does not take it. The kernel gives the connection to
 * the listener on that very address, else to one on every address, to one bound to the network card before others.
 */
function toFit(listener: Listener, asked: string, ofDevice: ReadonlySet<string> | undefined): number {
  const { address, device, dualStack } = listener;
  const [, zone] = asked.split("%");
  if (zone !== undefined && device !== null && device !== zone) return 0;
  const bound = device === null || device === "lo" ? 0 : 1;
  if (!isWildcard(address)) return toCanonical(address) === toCanonical(asked) ? 5 + bound : 0;
  if (bound === 1 && ofDevice?.has(toCanonical(asked)) !== true) return 0;
  if (toFamily(address) === toFamily(asked)) return 3 + bound;
  return toFamily(asked) === 4 && dualStack !== false ? 1 + bound : 0;
}

/** Addresses of network cards, by namespace and name. */
function toAddressesByDevice(facts: Facts, own: string): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    facts.networks.flatMap((network) =>
      (network.interfaces.ok ? network.interfaces.value : []).map(
        ({ name, addresses }) =>
          [
            `${network.own ? own : network.namespace} ${name}`,
            new Set(addresses.map(({ address }) => toCanonical(address))),
          ] as const,
      ),
    ),
  );
}

/** Whether `::` takes IPv4, by what an IPv4 address of the same port answered. */
function measureDualStack(
  listener: Listener,
  answers: readonly Answer[],
  rivals: readonly Listener[],
  filtered: boolean,
): boolean | null {
  if (toFamily(listener.address) !== 6 || !isWildcard(listener.address)) return false;
  const outcomes = answers.filter((answer) => toFamily(answer.address) === 4).map((answer) => answer.outcome.kind);
  if (outcomes.some((kind) => kind === "answered" || kind === "not-http" || kind === "closed")) return true;
  // A packet filter can refuse as well, so that a refusal tells only where there is none.
  const refused = outcomes.includes("refused") && !filtered;
  const taken = rivals.some(({ address, device }) => address === "0.0.0.0" && device === listener.device);
  return refused || taken ? false : null;
}
