import type { Facts } from "../facts/facts.ts";
import { gatherConnections, type Connection } from "../facts/connections.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import { isLoopback, toCanonical } from "../judge/addresses.ts";
import { toAuthority } from "../judge/authentication.ts";
import { expectVerdict } from "../judge/expected-verdict.ts";
import type { Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import { listAddresses } from "./doors.ts";
import type { OldSession } from "./proofs.ts";

/** Sessions that are told of one server: a busy one has thousands, and they are alike. */
const MOST_SESSIONS = 100;

/** Connections to the servers' ports from sources that no new connection would be taken from. */
export async function findOldSessions(
  host: HostReader,
  facts: Facts,
  judgement: Judgement,
): Promise<readonly OldSession[]> {
  const found = await Promise.all(
    judgement.servers.map(async (server) => {
      const sessions = await gatherConnections(host, toOwnPid(server));
      return sessions.ok ? pickOldSessions(facts, server, sessions.value) : [];
    }),
  );
  return found.flat();
}

/** A container's connections end in a network namespace of its own. */
function toOwnPid({ runBy, process }: Server): number | null {
  return runBy.kind === "docker" || runBy.kind === "podman" ? (process?.pid ?? null) : null;
}

/** Those of the sessions that the host, as it is now, would not let begin. */
export function pickOldSessions(facts: Facts, server: Server, sessions: readonly Connection[]): readonly OldSession[] {
  const ports = new Set(server.listeners.map(({ port }) => port));
  const own = new Set(listAddresses(facts));
  return sessions
    .filter(
      ({ local, remote }) =>
        ports.has(local.port) && !isLoopback(remote.address) && !own.has(toCanonical(remote.address)),
    )
    .filter((session) => isOld(facts, server, session))
    .slice(0, MOST_SESSIONS)
    .map(({ local, remote }) => ({
      server: server.id,
      local: toAuthority(local.address, local.port),
      remote: toAuthority(remote.address, remote.port),
      cut: false,
    }));
}

function isOld(facts: Facts, server: Server, { local, remote }: Connection): boolean {
  const caller = { interface: null, source: remote.address };
  const published = server.routes.filter(({ hops }) => hops.some(({ kind }) => kind === "published-port"));
  // Whoever came in by a published port is seen at the container's own address.
  const doors = published.length > 0 ? published.map(({ entry }) => entry) : [local];
  return doors.every((door) => expectVerdict(facts, server.routes, caller, door) === "closed");
}

/**
 * Cuts sessions where the kernel can (`ss -K` needs CONFIG_INET_DIAG_DESTROY, and says nothing where that is not
 * there), then looks which of them are gone. Those that end in a container are left: they are gone with it.
 */
export async function cutSessions(writer: HostWriter, sessions: readonly OldSession[]): Promise<readonly OldSession[]> {
  const before = await gatherConnections(writer, null);
  if (!before.ok) return sessions;
  const there = new Set(before.value.map(toKey));
  const mine = sessions.filter((each) => there.has(`${each.local} ${each.remote}`));
  for (const { local, remote } of mine) await writer.change(["ss", "-K", "-H", "-tn", "src", local, "dst", remote]);
  const after = await gatherConnections(writer, null);
  if (!after.ok) return sessions;
  const left = new Set(after.value.map(toKey));
  return sessions.map((each) => ({ ...each, cut: mine.includes(each) && !left.has(`${each.local} ${each.remote}`) }));
}

function toKey({ local, remote }: Connection): string {
  return `${toAuthority(local.address, local.port)} ${toAuthority(remote.address, remote.port)}`;
}
