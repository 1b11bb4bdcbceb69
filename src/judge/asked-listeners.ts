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

/** Every listener with its answers, in the order of the facts; empty where the listeners could not be read. */
export function toAskedListeners(facts: Facts): AskedListener[] {
  if (!facts.listeners.ok) return [];
  const own = toOwnNamespace(facts);
  const filtered = !facts.firewall.ok || facts.firewall.value.ruleSets.length > 0;
  const answers = Map.groupBy(facts.answers, (answer) => `${answer.namespace ?? own} ${answer.port}`);
  const places = Map.groupBy(facts.listeners.value, (listener) => `${listener.namespace ?? own} ${listener.port}`);
  return facts.listeners.value.map((listener) => {
    const key = `${listener.namespace ?? own} ${listener.port}`;
    const rivals = new Set((places.get(key) ?? []).map((each) => toCanonical(each.address)));
    const heard = (answers.get(key) ?? []).filter((answer) => isFrom(answer, listener, rivals));
    return {
      listener,
      namespace: listener.namespace ?? own,
      answers: heard,
      recognition: heard.length === 0 ? null : recogniseServer(heard),
      dualStack: listener.dualStack ?? measureDualStack(listener, heard, rivals, filtered),
    };
  });
}

/** An answer comes from the listener on that very address, else from the one on every address. */
function isFrom(answer: Answer, listener: Listener, rivals: ReadonlySet<string>): boolean {
  const asked = toCanonical(answer.address);
  if (!isWildcard(listener.address)) return toCanonical(listener.address) === asked;
  if (rivals.has(asked)) return false;
  if (toFamily(listener.address) === toFamily(asked)) return true;
  return toFamily(asked) === 4 && listener.dualStack !== false && !rivals.has("0.0.0.0");
}

/** Whether `::` takes IPv4, by what an IPv4 address of the same port answered. */
function measureDualStack(
  listener: Listener,
  answers: readonly Answer[],
  rivals: ReadonlySet<string>,
  filtered: boolean,
): boolean | null {
  if (toFamily(listener.address) !== 6 || !isWildcard(listener.address)) return false;
  const outcomes = answers.filter((answer) => toFamily(answer.address) === 4).map((answer) => answer.outcome.kind);
  if (outcomes.some((kind) => kind === "answered" || kind === "not-http" || kind === "closed")) return true;
  // A packet filter can refuse as well, so that a refusal tells only where there is none.
  const refused = outcomes.includes("refused") && !filtered;
  return refused || rivals.has("0.0.0.0") ? false : null;
}
