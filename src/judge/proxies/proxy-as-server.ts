import type { Facts } from "../../facts/facts.ts";
import { toContainerIndex } from "../container-index.ts";
import { toProcessTree } from "../process-tree.ts";
import type { FoundServer } from "../servers.ts";
import type { ProxyWay } from "./proxy-way.ts";

/**
 * A proxy's socket as if the proxy were a model server: who gets to it, and what stops a packet before it, is judged by
 * the same routes.
 */
export function toProxyAsServer(
  facts: Facts,
  kind: FoundServer["kind"],
  { door: { asked }, places: [{ proxy }] }: ProxyWay,
  own: string,
): FoundServer {
  const { byPid } = toProcessTree(facts.processes.ok ? facts.processes.value : []);
  // HAProxy's main process closes the sockets that its worker holds.
  const pids = [proxy.pid, ...asked.listener.pids];
  const process = pids.flatMap((pid) => (pid === null ? [] : (byPid.get(pid) ?? [])))[0] ?? null;
  const inOwnNamespace = asked.namespace === own;
  const index = toContainerIndex(facts, byPid, []);
  return {
    kind,
    version: null,
    process,
    container: inOwnNamespace ? null : (index.of(process) ?? index.inNamespace(asked.namespace)[0] ?? null),
    inOwnNamespace,
    listeners: [asked],
    publications: inOwnNamespace ? [] : index.publicationsOf(asked.namespace, asked.listener.port),
    unjudged: 0,
    proxied: [],
    tunnelled: [],
    relayed: [],
  };
}
