import type { HostReader, Reading } from "../host/host.ts";
import { startAsking } from "./answers.ts";
import { chooseProcesses, gatherHiddenNames, gatherPrograms } from "./choose-processes.ts";
import { type Containers, type UnreadEngine, gatherContainers } from "./containers.ts";
import { gatherEnvironmentFiles } from "./environment-files.ts";
import type { Facts } from "./facts.ts";
import { gatherServerFiles } from "./files.ts";
import { gatherFirewallManagers } from "./firewall-managers.ts";
import { gatherFirewall } from "./firewall.ts";
import { type Identity, gatherIdentity } from "./identity.ts";
import { inTurns } from "./in-turns.ts";
import { gatherForeignNetwork, gatherOwnNetwork } from "./interfaces.ts";
import { type Process, gatherProcesses } from "./processes.ts";
import { gatherProxies } from "./proxies/gather-proxies.ts";
import { gatherProxyAnswers } from "./proxies/proxy-answers.ts";
import { gatherSessions } from "./sessions.ts";
import type { ListenPlace } from "./socket-statistics.ts";
import { type Listener, gatherListenPlaces, gatherListeners } from "./sockets.ts";
import { type Target, toFirstTargets, toTargets } from "./targets.ts";
import { gatherTunnels } from "./tunnels/gather-tunnels.ts";
import { gatherUnits } from "./units.ts";
import type { Wanted } from "./wanted.ts";

/** Namespaces besides the reader's whose wiring is read; each costs three commands. */
const NETWORK_LIMIT = 16;
const AT_A_TIME = 4;

/**
 * Reads everything about a host that a judge may want, through the reading half of the door. What does not
 * depend on each other runs at the same time; commands are started before files of /proc are read, so that
 * they run meanwhile. `progress` hears the name of the fact that is read next. What could not be read is a
 * failed reading in its place; nothing here decides what that means.
 */
export async function gatherFacts(host: HostReader, wanted: Wanted, progress: (what: string) => void): Promise<Facts> {
  progress("listeners");
  const asking = startAsking(host, wanted);
  // Whoever holds them: the slow ones then have time to answer while the holders are looked for.
  const placed = Promise.withResolvers<unknown>();
  const listening = gatherListeners(host, placed.promise); // the slowest command begins first
  const first = gatherListenPlaces(host).then((places) => chooseFirst(places, wanted));
  const begun = first.then((targets) => asking.begin(targets)).finally(() => placed.resolve(null));
  const wiring = gatherOwnNetwork(host);
  const filtering = gatherFirewall(host);
  await begun;

  progress("processes");
  const [identity, programs] = await Promise.all([gatherIdentity(host), gatherPrograms(host)]);
  const managers = gatherFirewallManagers(host, {
    executableOf: programs.executableOf,
    readerUid: identity.ok ? identity.value.readerUid : null,
  });
  const engines = gatherContainers(host, wanted.variables, {
    readerUid: identity.ok ? identity.value.readerUid : null,
    programs: new Set([...programs.executableOf.values()].map((path) => path.slice(path.lastIndexOf("/") + 1))),
    programsHidden: programs.hidden > 0,
  });
  const hiddenNames = gatherHiddenNames(host, programs);
  const proxies = gatherProxies(host, {
    executableOf: programs.executableOf,
    nameOf: hiddenNames,
    bootedAt: identity.ok ? identity.value.bootedAt : null,
  });
  const sockets = await listening;
  const listeners = sockets.listeners.ok ? sockets.listeners.value : [];

  const tunnels = hiddenNames.then((nameOf) =>
    gatherTunnels(host, { executableOf: programs.executableOf, nameOf }, listeners),
  );
  const chosen = await chooseProcesses(host, listeners, programs, wanted, hiddenNames);
  const processes = await gatherProcesses(host, chosen.pids, {
    accounts: identity.ok ? identity.value.accounts : [],
    bootedAt: identity.ok ? identity.value.bootedAt : null,
    namespaceOf: sockets.namespaceOf,
    executableOf: programs.executableOf,
    variables: wanted.variables,
  });

  progress("answers");
  const known = identity.ok ? identity.value : null;
  const configured = gatherConfiguration(host, wanted, processes, known);
  const servers = new Set(processes.filter((process) => wanted.looksLikeServer(process)).map(({ pid }) => pid));
  const [own, engineFacts] = await Promise.all([wiring, engines]);
  const containers = toWithUnlisted(engineFacts, processes);
  const foreign = toForeignNamespaces(listeners, own.namespace, servers, wanted.ports);
  const others = await inTurns(foreign, AT_A_TIME, ([name, pid]) => gatherForeignNetwork(host, name, pid));
  const networks = [own, ...others];
  const chosenTargets = toTargets(listeners, {
    own: own.namespace,
    ports: wanted.ports,
    servers,
    networks,
    containers: containers.ok ? containers.value.containers : [],
    namespaceOf: sockets.namespaceOf,
    asked: await first,
  });
  const served = chosenTargets.targets.filter(({ namespace, likely }) => likely && namespace === own.namespace);
  const connected = gatherSessions(
    host,
    filtering,
    served.map(({ port }) => port),
  );
  const told = await proxies;
  const throughProxies = gatherProxyAnswers(host, wanted, {
    proxies: told.ok ? told.value : [],
    listeners,
    hostname: known?.hostname ?? null,
    network: own,
    containers,
  });
  const answers = await asking.finish(chosenTargets.targets);
  const proxyAnswers = await throughProxies;
  const sessions = await connected;

  return {
    identity,
    listeners: sockets.listeners,
    unseen: { ...sockets.unseen, holders: chosen.left },
    processes: { ok: true, value: processes, from: "/proc" },
    networks,
    ...(await configured),
    containers,
    firewall: await filtering,
    managers: await managers,
    ...(sessions === undefined ? {} : { sessions }),
    proxies: told,
    ...(proxyAnswers.length === 0 ? {} : { proxyAnswers }),
    tunnels: await tunnels,
    answers,
    unasked: chosenTargets.unasked,
  };
}

/** The listeners that are asked whoever holds them. */
function chooseFirst(places: readonly ListenPlace[], { ports }: Pick<Wanted, "ports">): readonly Target[] {
  const own = places[0]?.namespace ?? null;
  const unknown = { servers: new Set<number>(), networks: [], containers: [], namespaceOf: new Map(), asked: [] };
  return toFirstTargets(places, { own, ports, ...unknown });
}

/** Everything that only files and the service manager tell about the processes that were found. */
async function gatherConfiguration(
  host: HostReader,
  wanted: Wanted,
  processes: readonly Process[],
  identity: Identity | null,
): Promise<Pick<Facts, "units" | "environmentFiles" | "files">> {
  const files = gatherServerFiles(host, wanted, processes, identity);
  const units = await gatherUnits(host, wanted, processes, identity);
  const environmentFiles = await gatherEnvironmentFiles(host, wanted, units.ok ? units.value : [], identity, processes);
  return { units, environmentFiles, files: await files };
}

/** Namespaces other than the reader's in which a model server may listen, each with a process to enter it by. */
function toForeignNamespaces(
  listeners: readonly Listener[],
  own: string | null,
  servers: ReadonlySet<number>,
  ports: readonly number[],
): readonly (readonly [string, number])[] {
  const found = new Map<string, number>();
  for (const { namespace, pids, port } of listeners) {
    const [pid] = pids;
    if (namespace === null || namespace === own || pid === undefined || found.has(namespace)) continue;
    if (ports.includes(port) || pids.some((holder) => servers.has(holder))) found.set(namespace, pid);
  }
  return [...found].slice(0, NETWORK_LIMIT);
}

/**
 * Adds the containers that no engine named although processes of theirs hold sockets: those of a user's own
 * rootless engine, or of one that stopped and left its containers running.
 */
function toWithUnlisted(reading: Reading<Containers>, processes: readonly Process[]): Reading<Containers> {
  if (!reading.ok && reading.why !== "absent") return reading;
  const told = reading.ok ? reading.value : { containers: [], networks: [], unread: [] };
  const listed = new Set(told.containers.map(({ id }) => id));
  const engines = new Map<UnreadEngine["engine"], UnreadEngine>();
  for (const { pid, cgroup } of processes) {
    if (cgroup?.kind !== "container" || cgroup.engine === "other" || listed.has(cgroup.id)) continue;
    const detail = `no engine that was asked knows container ${cgroup.id.slice(0, 12)}`;
    engines.set(cgroup.engine, { engine: cgroup.engine, why: "failed", from: `/proc/${pid}/cgroup`, detail });
  }
  if (engines.size === 0) return reading;
  return { ok: true, value: { ...told, unread: [...told.unread, ...engines.values()] }, from: reading.from };
}
