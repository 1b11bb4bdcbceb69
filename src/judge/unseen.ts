import type { Answer } from "../facts/answers.ts";
import type { Facts } from "../facts/facts.ts";
import { isLoopback } from "./addresses.ts";
import type { AskedListener } from "./asked-listeners.ts";
import type { Found } from "./servers.ts";

/**
 * True where a server could be on this host that nobody saw: so long as that is so, the host cannot be said to
 * have none, nor only closed ones. A listener that could not be asked counts; one that was asked and stayed silent
 * does where nobody knows whose it is, unless it keeps to the loopback of another namespace. Those for which there
 * was no time or no address are in `unasked`.
 */
export function mayHideServer(facts: Facts, found: Found): boolean {
  const { processes, namespaces, holders } = facts.unseen;
  if (!facts.listeners.ok || !facts.processes.ok || facts.unasked > 0) return true;
  if (processes !== 0 || namespaces.length > 0 || holders > 0) return true;
  const known = new Set(found.servers.flatMap((server) => server.listeners.map((each) => each.listener)));
  return found.heard.some((each) => !known.has(each.listener) && isUntold(each, found));
}

function isUntold({ listener, namespace, answers }: AskedListener, { own, tree }: Found): boolean {
  if (answers.length === 0 || (namespace !== own && isLoopback(listener.address))) return false;
  if (isUnaskable(answers)) return true;
  const silent = answers.every(({ outcome }) => outcome.kind === "timeout" || outcome.kind === "not-possible");
  return silent && !listener.pids.some((pid) => tree.byPid.has(pid));
}

/** True where no question got through to the listener, as over SSH to a host that forbids forwarding. */
export function isUnaskable(answers: readonly Answer[]): boolean {
  return answers.length > 0 && answers.every(({ outcome }) => outcome.kind === "not-possible");
}
